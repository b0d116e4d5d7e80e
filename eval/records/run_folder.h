#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/io/append_file.h"
#include "eval/experiment/experiment.h"
#include "eval/records/run_manifest.h"
#include "eval/results/followed_searches.h"
#include "eval/results/results.h"

namespace nf {

/// What a run folder holds.
struct RunContents {
  std::filesystem::path dir;
  RunManifest manifest;              ///< with rows
  std::vector<Record> records;       ///< in the order of the file
  std::string experiment, resolved;  ///< texts of experiment.yaml and resolved.yaml

  /// "DIR/records.jsonl:LINE" of a record.
  std::string place(std::size_t record) const;
  /// Where its searches stand.
  FollowedSearches searches() const { return {*manifest.rows, manifest.models, records}; }
  /// The rows of results.csv. The folder's file may be older than its records.
  std::vector<ResultRow> results() const { return build_results(searches().rows(), records); }
  /// What loads the experiment again, from wherever the caller is.
  ExperimentSource source() const;
};

/// The folder of a run (`--out`): records.jsonl (appended, fsynced, one writer), experiment.yaml,
/// resolved.yaml, manifest.json and kResultFiles (each written whole or not at all).
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

  /// Reads a folder, finished or not, without taking hold of it: a run may be writing there. A torn
  /// last line is passed over and left. Throws ConfigError for what is no run folder or has no rows
  /// in its manifest, DataError for what cannot be read.
  static RunContents read(const std::filesystem::path& dir);

  const std::filesystem::path& dir() const { return dir_; }
  /// As they stand in the file, those of trials that the experiment no longer has among them.
  const std::vector<Record>& records() const { return records_; }

  /// experiment.yaml (the file as given), resolved.yaml and manifest.json. `about`: versions, CPU,
  /// threads, command; env, numerics version and identities are added, also those of models that
  /// only earlier runs into this folder had, and what it was merged from. rows, tasks: of the
  /// results to come.
  void write_description(const std::string& experiment, const std::string& resolved, Json about,
                         const std::vector<RowKey>& rows = {},
                         const std::vector<TaskHeading>& tasks = {});
  /// Appends and fsyncs; the record counts as finished when this returns.
  void append(Record record);
  /// What the rows of the results are about has changed: a search goes on. The manifest says so.
  void note_rows(const std::vector<RowKey>& rows);
  /// The csv files (result_files()) out of all records, and the manifest, which has searches where
  /// they then stand. tasks: the experiment's.
  std::vector<ResultRow> write_results(const std::vector<RowKey>& keys,
                                       const std::vector<TaskHeading>& tasks = {});

 private:
  explicit RunFolder(const std::filesystem::path& dir);

  void check_manifest(const std::vector<ModelIdentity>& models, bool any_env);
  void write_manifest(const std::vector<RowKey>& rows, const std::optional<Index>& csv_records);

  std::filesystem::path dir_;
  AppendFile records_file_;
  std::vector<Record> records_;
  std::vector<ModelIdentity> models_;  ///< of the run, then those of earlier runs alone
  Json env_;
  Json merged_;                ///< what the folder was merged from, null: it was not
  std::optional<Json> about_;  ///< what write_description() was given
  std::vector<TaskHeading> tasks_;
  std::string manifest_text_;  ///< as it was last written
};

}  // namespace nf
