#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "eval/results/results.h"

namespace nf {

/// What a run folder belongs to. A folder with another identity is refused: its numbers could not
/// be mixed.
struct ModelIdentity {
  std::string model;       ///< name in this run
  std::string model_hash;  ///< of the checkpoint's bytes
  std::string data_hash;   ///< of the ids and windows this model sees
  Index windows = 0;       ///< of the text
  /// How many each task has, in the experiment's order. An item's number is that of its window, or
  /// goes on behind the windows with the questions, task by task.
  std::vector<std::pair<std::string, Index>> questions{};

  Index question_count() const;
};

/// What two records of the same thing say differently, in the words of messages.
struct StatedDifference {
  std::string what;  ///< a key of env; or "other weights or another config"
  std::string hash;  ///< of models: "model_hash", "data_hash", "windows" or "questions"
  std::string was, is;
};
/// The first difference of two models of one name; none where they are the same.
std::optional<StatedDifference> model_difference(const ModelIdentity& was, const ModelIdentity& is);
/// The first key of `env` that is not the same; "missing" where it stands in one alone.
std::optional<StatedDifference> env_difference(const Json& was, const Json& is);

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
/// Throws ConfigError where the manifest `place` was made with numerics of another version.
void check_numerics(const RunManifest& manifest, const std::string& place);

/// One row as it stands in the manifest: id, name, model, seed (null: none), vars, design (kind,
/// factor, of a factorial its resolution) where a generator made the trial, and search where a
/// value is searched for.
Json row_to_json(const RowKey& row);

}  // namespace nf
