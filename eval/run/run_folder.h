#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/io/append_file.h"
#include "eval/run/results.h"

namespace nf {

/// What a run folder belongs to. A folder with another identity is refused: its numbers could not
/// be mixed.
struct ModelIdentity {
  std::string model;       ///< name in this run
  std::string model_hash;  ///< of the checkpoint's bytes
  std::string data_hash;   ///< of the ids and windows this model sees
};

/// The folder of a run (`--out`): records.jsonl (appended, fsynced, one writer), experiment.yaml,
/// resolved.yaml, manifest.json, results.csv, sites.csv (each written whole or not at all).
/// Move-only; not thread-safe.
class RunFolder {
 public:
  /// Creates the folder or opens it to go on. Reads the records that are there (a torn last line is
  /// dropped). Throws ConfigError where the folder is no run folder, belongs to other models, data
  /// or numerics, or was made in another `env` (an object: ISA, library versions), and DataError
  /// where it cannot be read or written or another run holds it.
  /// `any_env`: take another env; each record says its own.
  static RunFolder open(const std::filesystem::path& dir, const std::vector<ModelIdentity>& models,
                        const Json& env, bool any_env = false);

  const std::filesystem::path& dir() const { return dir_; }
  /// As they stand in the file, those of trials that the experiment no longer has among them.
  const std::vector<Record>& records() const { return records_; }

  /// experiment.yaml (the file as given), resolved.yaml and manifest.json. `manifest`: versions,
  /// CPU, threads, command; env, numerics version and identities are added, also those of models
  /// that only earlier runs into this folder had.
  void write_description(const std::string& experiment, const std::string& resolved, Json manifest);
  /// Appends and fsyncs; the record counts as finished when this returns.
  void append(Record record);
  /// results.csv, sites.csv, statistics.csv and, with a `pairs` design, effects.csv out of all
  /// records. tasks: the experiment's.
  std::vector<ResultRow> write_results(const std::vector<RowKey>& keys,
                                       const std::vector<TaskHeading>& tasks = {}) const;

 private:
  explicit RunFolder(const std::filesystem::path& dir);

  void check_manifest(const std::vector<ModelIdentity>& models, bool any_env);
  void read_records();

  std::filesystem::path dir_;
  AppendFile records_file_;
  std::vector<Record> records_;
  std::vector<ModelIdentity> models_;  ///< of the run, then those of earlier runs alone
  Json env_;
};

}  // namespace nf
