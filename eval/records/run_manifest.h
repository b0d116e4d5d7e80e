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
  /// Versions, CPU, threads, command, experiment_dir, set, set_dir, other_envs: nothing is computed
  /// from them.
  Json about = Json::object();
  int numerics = 0;
  Json env = Json::object();
  std::vector<ModelIdentity> models{};
  std::vector<TaskHeading> tasks{};
  /// The keys of the rows of the results, in their order, searches without a step among them; none
  /// in a folder of an earlier version of the program.
  std::optional<std::vector<RowKey>> rows{};
  /// Number of records that the csv files beside it were made of; none while a run goes on, and for
  /// one that was killed.
  std::optional<Index> csv_records{};
};

/// The file's text, with a line break at the end.
std::string manifest_text(const RunManifest& manifest);
/// Throws DataError "FILE: ..." where it is no manifest of this program. The version of its
/// numerics is not checked.
RunManifest read_manifest(const std::filesystem::path& file);

/// One row as it stands in the manifest: id, name, model, seed (null: none), vars, design (kind,
/// factor, of a factorial its resolution) where a generator made the trial, calibration_overlap
/// where there is one, and search where a value is searched for.
Json row_to_json(const RowKey& row);

}  // namespace nf
