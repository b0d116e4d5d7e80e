#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/append_file.h"
#include "eval/experiment/experiment_source.h"
#include "eval/records/file_names.h"
#include "eval/records/record.h"
#include "eval/records/record_parts.h"
#include "eval/records/run_manifest.h"

namespace nf {

/// A table of a run folder.
struct ResultFile {
  std::string name;  ///< "results.csv"
  std::string text;  ///< empty: there is nothing to say, and no such file
};

/// The contents of a run folder.
struct RunContents {
  std::filesystem::path dir;
  RunManifest manifest;              ///< with rows
  std::vector<Record> records;       ///< in the order of the file
  std::string experiment, resolved;  ///< texts of experiment.yaml and resolved.yaml

  /// "DIR/records.jsonl:LINE" of a record.
  std::string place(std::size_t record) const;
  /// The same of a line, from 1 on.
  std::string line_place(Index line) const;
  /// The source that loads the experiment again, from wherever the caller is.
  ExperimentSource source() const;
};

/// Calls use(record, line, number) for each record of a folder, in their order, number from 1 on; a
/// torn last line is passed over. The threads read some records ahead, so that memory stays bounded
/// whatever the size of the file. DataError as RunFolder::read().
void for_each_record(
    const std::filesystem::path& dir, RecordParts parts,
    const std::function<void(Record&& record, std::string_view line, Index number)>& use);

/// The folder of a run (`--out`): records.jsonl (appended, fsynced, one writer), experiment.yaml,
/// resolved.yaml, manifest.json and kResultFiles (each written whole or not at all).
/// Move-only; not thread-safe.
class RunFolder {
 public:
  /// Creates the folder or opens it to go on. Reads the records that are there (a torn last line is
  /// dropped). Throws ConfigError where the folder is no run folder, belongs to other models, data
  /// or numerics, or was made in another `env` (an object: ISA, library versions), and DataError
  /// where it cannot be read or written or another run holds it.
  /// `any_env`: take another env; each record says its own, and the manifest that there are
  /// several.
  static RunFolder open(const std::filesystem::path& dir, const std::vector<ModelIdentity>& models,
                        const Json& env, bool any_env = false);

  /// Reads a folder, finished or not, without taking hold of it: a run may be writing there. Of a
  /// batch folder the one that is joined of its workers' is read. A torn last line is passed over
  /// and left. Throws ConfigError for a folder that is no run folder or has no rows in its
  /// manifest, DataError for files that cannot be read.
  static RunContents read(const std::filesystem::path& dir, RecordParts parts = RecordParts::all);

  /// The same without records; records.jsonl is not looked at.
  static RunContents read_description(const std::filesystem::path& dir);

  /// Takes the folder in hand whose records.jsonl was just written by other means: records() are
  /// none, but tables are written of them, `records` in number; what is written about them says by
  /// itself which other envs they are of (note_other_envs()).
  static RunFolder of_written(const std::filesystem::path& dir,
                              const std::vector<ModelIdentity>& models, const Json& env,
                              Index records);

  const std::filesystem::path& dir() const { return dir_; }
  /// Records of other folders that count as work that is done, in front of the folder's own.
  void take_known(std::vector<Record> known);
  /// The records that are known from elsewhere, then those of the file as they stand there, also
  /// those of trials that the experiment no longer has.
  const std::vector<Record>& records() const { return records_; }
  /// The models of the run, then those that only earlier runs into this folder had.
  const std::vector<ModelIdentity>& models() const { return models_; }

  /// Writes experiment.yaml (the file as given), resolved.yaml and manifest.json. `about`:
  /// versions, CPU, threads, command; env, numerics version and identities are added, also those of
  /// models that only earlier runs into this folder had, and the folders that it was merged from.
  /// rows, tasks: of the results to come.
  void write_description(const std::string& experiment, const std::string& resolved, Json about,
                         const std::vector<RowKey>& rows = {},
                         const std::vector<TaskHeading>& tasks = {});
  /// Appends and fsyncs; the record counts as finished when this returns. metrics: figures that its
  /// line has beside its sums.
  void append(Record record, const MetricRegistry& metrics);
  /// Notes in the manifest that a search has gone on: the rows of the results are about other
  /// steps.
  void note_rows(const std::vector<RowKey>& rows);
  /// Keeps tables that were made of all records, and notes in the manifest the rows that they are
  /// about and how many records they were made of. tasks: the experiment's.
  void write_tables(const std::vector<ResultFile>& tables, const std::vector<RowKey>& rows,
                    const std::vector<TaskHeading>& tasks);

 private:
  explicit RunFolder(const std::filesystem::path& dir);

  void check_manifest(const std::vector<ModelIdentity>& models, bool any_env);
  void write_manifest(const std::vector<RowKey>& rows, const std::optional<Index>& csv_records);

  std::filesystem::path dir_;
  AppendFile records_file_;
  std::vector<Record> records_;
  Index known_records_ = 0;  ///< the first of them: of other folders
  std::vector<ModelIdentity> models_;
  Json env_;
  Json merged_;                ///< about the folders that it was merged from; null: it was not
  std::optional<Json> about_;  ///< as write_description() was given it
  std::vector<TaskHeading> tasks_;
  std::string manifest_text_;  ///< as it was last written
  Index unread_ = 0;           ///< records of the file that records_ does not have
};

}  // namespace nf
