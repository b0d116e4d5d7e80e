#include "eval/records/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/base/version.h"
#include "core/io/atomic_file.h"
#include "core/io/line_pieces.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "core/io/system_error_text.h"
#include "eval/records/identity_checks.h"
#include "eval/records/json_cursor.h"
#include "eval/records/mixed_env.h"
#include "eval/records/read_record.h"
#include "eval/records/run_place.h"
#include "eval/records/source_note.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// The folder, created when it is missing.
fs::path make_folder(const fs::path& dir) {
  std::error_code error;
  const fs::file_status status = fs::status(dir, error);
  if (fs::exists(status)) {
    if (!fs::is_directory(status))
      throw ConfigError(
          fmt::format("{}: is not a folder; choose another --out folder", dir.string()));
    if (fs::exists(dir / kManifest, error) || fs::exists(dir / kRecords, error)) return dir;
    // Somebody else's folder may be used, but none of its files may be written over.
    for (const std::string& name : whole_files())
      if (fs::exists(dir / name, error))
        throw ConfigError(fmt::format(
            "{}: is not a run folder, but holds a file called {}; choose another --out folder",
            dir.string(), name));
    return dir;
  }
  fs::create_directories(dir, error);
  if (error)
    throw DataError(fmt::format("{}: cannot create folder: {}", dir.string(),
                                system_error_text(error.value())));
  return dir;
}

/// The words of a refusal, and the ways out of it.
constexpr const char* kBegun = "when this folder was begun";
constexpr const char* kOtherFolder = "choose another --out folder";
constexpr const char* kOtherEnv =
    "choose another --out folder, go on on the same machine type, or say --any-env";

/// The threads share the lines out; of several that are damaged the first is told.
std::vector<Record> read_lines(const std::vector<std::string_view>& lines, RecordParts parts,
                               const fs::path& path, Index first_number) {
  constexpr Index kLinesAtOnce = 8;
  std::vector<Record> records(lines.size());
  std::vector<std::exception_ptr> faults(
      static_cast<std::size_t>((std::ssize(lines) + kLinesAtOnce - 1) / kLinesAtOnce));
  parallel_for(std::ssize(faults), [&](Index part) {
    const Index first = part * kLinesAtOnce;
    try {
      for (Index i = first; i < std::min(first + kLinesAtOnce, std::ssize(lines)); ++i)
        records[static_cast<std::size_t>(i)] =
            read_record(lines[static_cast<std::size_t>(i)], parts, path, first_number + i);
    } catch (const DataError&) {
      faults[static_cast<std::size_t>(part)] = std::current_exception();
    }
  });
  for (const std::exception_ptr& fault : faults)
    if (fault) std::rethrow_exception(fault);
  return records;
}

std::vector<Record> read_records(const fs::path& dir, RecordParts parts = RecordParts::all) {
  std::vector<Record> records;
  for_each_record(dir, parts, [&records](Record&& record, std::string_view, Index) {
    records.push_back(std::move(record));
  });
  return records;
}

/// The envs of records, one where it differs from that of the record before.
class EnvSeries {
 public:
  /// line: of the record, which has not all parts.
  void add(const Record& record, std::string_view line) {
    if (record.env.empty())
      add(line);
    else if (records_.empty() || records_.back().env != record.env)
      records_.emplace_back().env = record.env;
  }
  /// With an env and nothing more.
  const std::vector<Record>& records() const { return records_; }

 private:
  void add(std::string_view line) {
    // Nothing but a member's name looks so, for quotes in strings have a '\\' before them; that of
    // the record stands behind those of its parts.
    constexpr std::string_view kKey = ",\"env\":";
    const std::size_t at = line.rfind(kKey);
    if (at == std::string_view::npos) return;
    const std::string_view rest = line.substr(at + kKey.size());
    if (!last_.empty() && rest.starts_with(last_)) return;
    JsonCursor cursor(rest);
    const std::string_view text = cursor.skip();
    if (cursor.failed()) return;
    last_ = text;
    try {
      records_.emplace_back().env = parse_json(text, "");
    } catch (const DataError&) {  // those who read all parts tell it
      records_.pop_back();
    }
  }

  std::string last_;
  std::vector<Record> records_;
};

/// Writes a file that is there only where it has something to say; else removes an earlier one.
void write_or_remove(const fs::path& path, const std::string& text) {
  if (!text.empty())
    write_file_atomically(path, text);
  else if (std::error_code error; !fs::remove(path, error) && error)
    throw DataError(fmt::format("{}: cannot be removed: {}", path.string(), error.message()));
}

/// Removes files that killed runs left unfinished. The folder must be locked.
void remove_leftovers(const fs::path& dir) {
  std::vector<fs::path> leftovers;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir)) {
    const std::string name = entry.path().filename().string();
    for (const std::string& file : whole_files())
      if (name.starts_with(file + ".tmp-")) leftovers.push_back(entry.path());
  }
  std::error_code ignored;  // they are in nobody's way
  for (const fs::path& leftover : leftovers) fs::remove(leftover, ignored);
}

}  // namespace

void for_each_record(
    const fs::path& dir, RecordParts parts,
    const std::function<void(Record&& record, std::string_view line, Index number)>& use) {
  const fs::path path = dir / kRecords;
  LinePieces pieces(path);
  Index number = 1;
  for (;;) {
    const std::vector<std::string_view>& lines = pieces.next();
    if (lines.empty()) return;
    std::vector<Record> records = read_lines(lines, parts, path, number);
    for (std::size_t i = 0; i < lines.size(); ++i) use(std::move(records[i]), lines[i], number++);
  }
}

RunFolder::RunFolder(const fs::path& dir) : dir_(make_folder(dir)), records_file_(dir / kRecords) {}

RunFolder RunFolder::open(const fs::path& dir, const std::vector<ModelIdentity>& models,
                          const Json& env, bool any_env) {
  NF_CHECK(env.is_object(), "env is {}", env.dump());
  if (is_batch_folder(dir))
    throw ConfigError(fmt::format(
        "{}: is a batch folder, which many workers share: `noisefloor run` with this folder and "
        "--worker works in it; choose another --out folder for a run of its own",
        dir.string()));
  RunFolder folder(dir);
  folder.models_ = models;
  folder.env_ = env;
  remove_leftovers(dir);
  folder.records_ = read_records(dir);
  folder.check_manifest(models, any_env);
  return folder;
}

void RunFolder::check_manifest(const std::vector<ModelIdentity>& models, bool any_env) {
  const fs::path path = dir_ / kManifest;
  const std::string place = path.string();
  if (!fs::exists(path)) {
    // Killed before the description was written, or the manifest was deleted: ids keep models and
    // data apart, only the machine is left to compare.
    if (!records_.empty() && !any_env)
      check_env(records_.front().env, env_,
                {(dir_ / kRecords).string() + ":1", kBegun, "now", kOtherEnv});
    return;
  }
  const RunManifest manifest = read_manifest(path);
  check_numerics(manifest.numerics, place, kOtherFolder);
  if (const auto merged = manifest.about.find("merged"); merged != manifest.about.end())
    merged_ = *merged;
  check_models(manifest.models, models, {place, kBegun, "now", kOtherFolder});
  const std::vector<ModelIdentity>& known = manifest.models;
  for (const ModelIdentity& before : known)
    if (std::none_of(models.begin(), models.end(),
                     [&before](const ModelIdentity& model) { return model.model == before.model; }))
      models_.push_back(before);
  for (const ModelIdentity& model : models)
    if (std::none_of(known.begin(), known.end(),
                     [&model](const ModelIdentity& before) { return before.model == model.model; }))
      throw ConfigError(fmt::format(
          "{}: this folder belongs to {}; another model, {}, needs another --out folder", place,
          known.front().model, model.model));
  if (!any_env) check_env(manifest.env, env_, {place, kBegun, "now", kOtherEnv});
}

RunContents RunFolder::read_description(const fs::path& given) {
  const fs::path dir = run_folder_at(given);
  if (!fs::exists(dir / kManifest)) throw ConfigError(why_no_run_folder(dir));
  RunContents contents{.dir = dir,
                       .manifest = read_manifest(dir / kManifest),
                       .records = {},
                       .experiment = read_text_file(dir / kExperiment),
                       .resolved = read_text_file(dir / kResolved)};
  if (!contents.manifest.rows)
    throw ConfigError(
        fmt::format("{}: does not say what the rows of the results are: an earlier version of the "
                    "program made it; the `run` command that made the folder, called once more, "
                    "adds them",
                    (dir / kManifest).string()));
  return contents;
}

RunContents RunFolder::read(const fs::path& dir, RecordParts parts) {
  RunContents contents = read_description(dir);
  EnvSeries envs;
  for_each_record(contents.dir, parts, [&](Record&& record, std::string_view line, Index) {
    envs.add(record, line);
    contents.records.push_back(std::move(record));
  });
  // A folder of an earlier version does not say it, and not all parts of a record have its env.
  note_other_envs(envs.records(), contents.manifest.env, contents.manifest.about);
  return contents;
}

RunFolder RunFolder::of_written(const fs::path& dir, const std::vector<ModelIdentity>& models,
                                const Json& env, Index records) {
  RunFolder folder(dir);
  folder.models_ = models;
  folder.env_ = env;
  folder.unread_ = records;
  return folder;
}

std::string RunContents::place(std::size_t record) const {
  return line_place(static_cast<Index>(record) + 1);
}

std::string RunContents::line_place(Index line) const {
  return fmt::format("{}:{}", (dir / kRecords).string(), line);
}

ExperimentSource RunContents::source() const {
  return noted_source(manifest.about, dir / kManifest, experiment, (dir / kExperiment).string());
}

void RunFolder::write_description(const std::string& experiment, const std::string& resolved,
                                  Json about, const std::vector<RowKey>& rows,
                                  const std::vector<TaskHeading>& tasks) {
  about_ = std::move(about);
  tasks_ = tasks;
  if (!merged_.is_null()) (*about_)["merged"] = merged_;
  write_file_atomically(dir_ / kExperiment, experiment);
  write_file_atomically(dir_ / kResolved, resolved);
  write_manifest(rows, std::nullopt);
}

void RunFolder::note_rows(const std::vector<RowKey>& rows) { write_manifest(rows, std::nullopt); }

void RunFolder::write_manifest(const std::vector<RowKey>& rows,
                               const std::optional<Index>& csv_records) {
  if (unread_ == 0) note_other_envs(records_, env_, *about_);
  const std::string text = manifest_text({.about = *about_,
                                          .numerics = kNumericsVersion,
                                          .env = env_,
                                          .models = models_,
                                          .tasks = tasks_,
                                          .rows = rows,
                                          .csv_records = csv_records});
  if (text == manifest_text_) return;
  write_file_atomically(dir_ / kManifest, text);
  manifest_text_ = text;
}

void RunFolder::take_known(std::vector<Record> known) {
  known_records_ += std::ssize(known);
  records_.insert(records_.begin(), std::make_move_iterator(known.begin()),
                  std::make_move_iterator(known.end()));
}

void RunFolder::append(Record record, const MetricRegistry& metrics) {
  records_file_.append_line(record_to_line(record, metrics));
  records_.push_back(std::move(record));
}

void RunFolder::write_tables(const std::vector<ResultFile>& tables, const std::vector<RowKey>& rows,
                             const std::vector<TaskHeading>& tasks) {
  for (const ResultFile& table : tables) write_or_remove(dir_ / table.name, table.text);
  tasks_ = tasks;
  if (about_) write_manifest(rows, unread_ + std::ssize(records_) - known_records_);
}

}  // namespace nf
