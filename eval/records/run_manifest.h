#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "eval/metrics/task_figures.h"
#include "eval/records/model_identity.h"
#include "eval/records/row_key.h"

namespace nf {

/// manifest.json of a run folder: with it the records can be read without the experiment and its
/// checkpoints.
struct RunManifest {
  /// versions, CPU, threads, command, experiment_dir, set, set_dir: what nothing is computed from
  Json about = Json::object();
  int numerics = 0;
  Json env = Json::object();
  std::vector<ModelIdentity> models{};
  std::vector<TaskHeading> tasks{};
  /// What the rows of the results are about, in their order, searches without a step among them;
  /// none in a folder of an earlier version of the program.
  std::optional<std::vector<RowKey>> rows{};
  /// Of how many records the csv files beside it were made; none while a run goes on, and of one
  /// that was killed.
  std::optional<Index> csv_records{};
};

/// The file's text, with a line break at the end.
std::string manifest_text(const RunManifest& manifest);
/// Throws DataError "FILE: ..." for what is no manifest of this program. Whether its numerics are
/// this program's is not looked at.
RunManifest read_manifest(const std::filesystem::path& file);

/// One row as it stands in the manifest: id, name, model, seed (null: none), vars, design (kind,
/// factor, of a factorial its resolution) where a generator made the trial, and search where a
/// value is searched for.
Json row_to_json(const RowKey& row);

}  // namespace nf
