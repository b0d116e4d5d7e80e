#include "eval/batch/merge.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <utility>

#include "core/base/byte_text.h"
#include "core/base/version.h"
#include "core/io/posix_file.h"
#include "eval/batch/join_profiles.h"
#include "eval/batch/joined_rows.h"
#include "eval/batch/merge_stream.h"
#include "eval/batch/missing_trials.h"
#include "eval/records/file_names.h"
#include "eval/records/identity_checks.h"
#include "eval/records/mixed_env.h"
#include "eval/records/model_bench.h"
#include "eval/records/profile_order.h"
#include "eval/records/row_key.h"
#include "eval/records/run_folder.h"
#include "eval/records/trial_profile.h"
#include "eval/results/row_fields.h"
#include "eval/run/arithmetic_warnings.h"
#include "eval/tables/predictors_csv.h"
#include "eval/tables/result_files.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostConflicts = 10;

std::string manifest_place(const RunContents& run) { return (run.dir / kManifest).string(); }

using FileId = std::pair<dev_t, ino_t>;

/// The folder that a path leads to; none where there is none.
std::optional<FileId> id_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileId{status.st_dev, status.st_ino};
}

void check_folders(const MergeOptions& options) {
  std::error_code ignored;
  std::set<FileId> known;
  const std::optional<FileId> out = id_of(options.out);
  for (const fs::path& dir : options.runs) {
    const std::optional<FileId> run = id_of(dir);
    if (!run) continue;  // told where it is read
    if (!known.insert(*run).second)
      throw ConfigError(fmt::format("{}: is given twice", dir.string()));
    if (run == out)
      throw ConfigError(
          fmt::format("--out {}: is one of the folders to merge", options.out.string()));
  }
  if (!fs::exists(fs::symlink_status(options.out, ignored))) return;
  if (!fs::is_directory(options.out, ignored) || !fs::is_empty(options.out, ignored))
    throw ConfigError(
        fmt::format("--out {}: is there already; choose another folder", options.out.string()));
}

/// An earlier version did not note how much there is to finish. Beside such a folder a step that
/// the other has half would count as whole, and the searches of the old folder are unknown.
void check_size(const RunContents& first, const ModelIdentity& model, const RunContents& other,
                const ModelIdentity& same) {
  const auto items = [](const ModelIdentity& one) { return one.windows + one.question_count(); };
  if (items(model) == items(same)) return;  // of equal data
  throw ConfigError(fmt::format(
      "{}: does not say how much text model '{}' has, and {} does: an earlier version of the "
      "program made it; the `run` command that made the folder, called once more, adds it",
      manifest_place(items(model) == 0 ? first : other), model.model,
      manifest_place(items(model) == 0 ? other : first)));
}

constexpr const char* kOnlySame = "only runs of the same models and data can be merged";

void check_same_data(const RunContents& first, const RunContents& other) {
  const auto find = [](const RunContents& run, const std::string& name) -> const ModelIdentity* {
    for (const ModelIdentity& model : run.manifest.models)
      if (model.model == name) return &model;
    return nullptr;
  };
  const auto refuse = [&](const std::string& what) {
    throw ConfigError(fmt::format("{}: {} in {}: {}", manifest_place(other), what,
                                  manifest_place(first), kOnlySame));
  };
  for (const ModelIdentity& model : first.manifest.models)
    if (find(other, model.model) == nullptr)
      refuse(fmt::format("has no model '{}', which is", model.model));
  check_models(first.manifest.models, other.manifest.models,
               {manifest_place(other), "in " + manifest_place(first), "here", kOnlySame});
  for (const ModelIdentity& model : first.manifest.models)
    check_size(first, model, other, *find(other, model.model));
  for (const ModelIdentity& model : other.manifest.models)
    if (find(first, model.model) == nullptr)
      refuse(fmt::format("has a model '{}', which is not", model.model));
  const auto same_task = [](const TaskHeading& a, const TaskHeading& b) {
    return a.name == b.name && a.has_ppl == b.has_ppl;
  };
  if (!std::equal(first.manifest.tasks.begin(), first.manifest.tasks.end(),
                  other.manifest.tasks.begin(), other.manifest.tasks.end(), same_task))
    refuse("the tasks are not called as they are");
}

/// The models of the first run, with the calibration sets of all.
std::vector<ModelIdentity> join_models(const std::vector<RunContents>& runs) {
  std::vector<ModelIdentity> models = runs.front().manifest.models;
  for (ModelIdentity& model : models)
    for (const RunContents& run : runs)
      for (const ModelIdentity& same : run.manifest.models)
        if (same.model == model.model)
          for (const CalibrationIdentity& set : same.calibration)
            if (std::find(model.calibration.begin(), model.calibration.end(), set) ==
                model.calibration.end())
              model.calibration.push_back(set);
  return models;
}

[[noreturn]] void fail_with(const std::vector<std::string>& conflicts) {
  std::string message;
  for (std::size_t i = 0; i < std::min(conflicts.size(), kMostConflicts); ++i)
    message += conflicts[i] + '\n';
  if (conflicts.size() > kMostConflicts)
    message += fmt::format("and {} more\n", conflicts.size() - kMostConflicts);
  throw DataError(message +
                  "the folders disagree, though the same trial has the same bits on one machine "
                  "type: one is damaged; nothing was written");
}

/// The new manifest's note on where it comes from. envs: of records that are not those of their
/// runs.
Json about_merge(const std::vector<RunContents>& runs, const RecordIndex& index,
                 const std::vector<Record>& envs, const std::string& command) {
  Json about = {{"version", version()}, {"git", git_hash()}, {"command", command}};
  for (const char* key : {"experiment_dir", "set", "set_dir"})
    if (const auto found = runs.front().manifest.about.find(key);
        found != runs.front().manifest.about.end())
      about[key] = *found;
  about["merged"] = Json::array();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RunContents& run = runs[i];
    Json one = {{"folder", byte_text(fs::absolute(run.dir).lexically_normal().string())},
                {"records", index.lines(i).size()},
                {"env", run.manifest.env}};
    one.update(run.manifest.about);
    // That of thousands of trials in each of hundreds of shards would be most of the manifest.
    if (const auto cut = one.find("cut"); cut != one.end()) {
      if (!about.contains("cut")) about["cut"] = *cut;
      if (about["cut"] == *cut) one.erase(cut);
    }
    about["merged"].push_back(std::move(one));
  }
  note_other_envs(envs, runs.front().manifest.env, about);
  return about;
}

/// A folder beside the one to come, removed unless it has become that one. A merge that is killed
/// leaves it: nobody can tell it from that of one that still runs.
class FolderToCome {
 public:
  explicit FolderToCome(const fs::path& out) : out_(out) {
    if (out_.has_parent_path()) fs::create_directories(out_.parent_path());
    temporary_ = out_;
    temporary_ += fmt::format(".tmp-{}", ::getpid());
    fs::remove_all(temporary_);  // left by a process of the same number
    fs::create_directory(temporary_);
  }
  ~FolderToCome() {
    std::error_code ignored;
    if (!committed_) fs::remove_all(temporary_, ignored);
  }
  FolderToCome(const FolderToCome&) = delete;
  FolderToCome& operator=(const FolderToCome&) = delete;

  const fs::path& path() const { return temporary_; }
  void commit() {
    sync_directory_of(temporary_ / kManifest);
    if (std::rename(temporary_.c_str(), out_.c_str()) != 0) throw_errno(out_.string(), "create");
    committed_ = true;
    sync_directory_of(out_);
  }

 private:
  fs::path out_, temporary_;
  bool committed_ = false;
};

/// The benches that the new folder keeps.
Json benches_of(const MergeOptions& options) {
  std::vector<fs::path> folders = options.runs;
  if (!options.replaced.empty()) folders.push_back(options.replaced);
  return join_benches(folders);
}

/// The windows that each run has looked at (`profile:`), in one file; none where none has.
void merge_profiles(const std::vector<RunContents>& runs, const std::vector<RowKey>& rows,
                    const fs::path& out) {
  std::vector<fs::path> folders;
  for (const RunContents& run : runs) folders.push_back(run.dir);
  std::vector<TrialProfile> profiles = join_profiles(folders);
  if (profiles.empty()) return;
  sort_profiles(rows, profiles);
  write_profiles(out, profiles);
  write_profile_table(out, rows);
}

/// Every shard's description is that of the whole experiment: hundreds of them, with thousands of
/// rows each, are not kept beside each other. The texts of the first are those of the new folder.
void forget_whole(std::vector<RunContents>& runs) {
  RunContents& last = runs.back();
  last.manifest.rows.reset();
  if (runs.size() == 1) return;
  last.experiment = {};
  last.resolved = {};
}

std::string other_copies_text(Index count) {
  if (count == 0) return "";
  return fmt::format(
      "{} record{} left out, for an earlier folder has the same trials from a machine whose matrix "
      "products have other bits: the first counts",
      count, count == 1 ? " is" : "s are");
}

}  // namespace

MergeOutcome merge_runs(const MergeOptions& given, const MetricRegistry& metrics) {
  MergeOptions options = given;
  options.out = (options.out / "").lexically_normal().parent_path();  // without a '/' at the end
  check_folders(options);
  std::vector<RunContents> runs;
  JoinedRows joined;
  for (const fs::path& dir : options.runs) {
    runs.push_back(RunFolder::read_description(dir));
    check_numerics(runs.back().manifest.numerics, manifest_place(runs.back()),
                   "merge it with the version of the program that made it");
    check_same_data(runs.front(), runs.back());
    if (!options.any_env)
      check_env(
          runs.front().manifest.env, runs.back().manifest.env,
          {manifest_place(runs.back()), "in " + manifest_place(runs.front()), "here",
           "merge runs of one machine type, or say --mixed-env, and the results will say that "
           "they are mixed; `isa: avx2` in the experiment makes such machines agree"});
    joined.add(*runs.back().manifest.rows, manifest_place(runs.back()));
    forget_whole(runs);
  }
  const Json benches = benches_of(options);
  const std::vector<RowKey> rows = joined.take();
  const RunManifest& first = runs.front().manifest;
  const std::vector<ModelIdentity> models = join_models(runs);
  const RecordIndex index(runs);
  const TrialReader reader(runs, index, options.any_env, metrics);
  const FollowedSearches searches = follow_searches(rows, models, index, reader);
  FolderToCome folder(options.out);
  JoinedFile file(runs, index, folder.path());
  TableStream tables(folder.path(), searches.keys(), metrics, first.tasks);
  MergeStream stream(index, reader, models, searches, file, tables);
  stream.run();
  if (const std::vector<std::string> conflicts = stream.conflicts(); !conflicts.empty())
    fail_with(conflicts);
  file.write();
  MergeOutcome outcome{.rows = {}, .records = stream.records(), .repeated = stream.repeated()};
  {
    RunFolder run = RunFolder::of_written(folder.path(), models, first.env, outcome.records);
    const Json about = about_merge(runs, index, stream.envs(), options.command);
    outcome.other_copies = other_copies_text(stream.other_copies());
    outcome.mixed_env = mixed_env_text({.about = about, .env = first.env});
    run.write_description(runs.front().experiment, runs.front().resolved, about, rows, first.tasks);
    merge_profiles(runs, rows, folder.path());
    write_benches(folder.path(), benches);
    std::vector<ResultFile> files = tables.finish(searches, stream.baselines());
    if (stream.has_predictors())
      files.push_back(
          {kPredictorsCsv, predictors_csv(stream.read_rows(), sweep_variables(searches.keys()),
                                          PredictorRegistry::builtin())});
    run.write_tables(files, searches.keys(), first.tasks);
    outcome.missing = missing_trials(runs, searches.keys(), stream.row_ends());
  }
  outcome.rows = stream.take_rows();
  outcome.floor_warnings = floor_warnings(first.env, outcome.rows);
  folder.commit();
  return outcome;
}

}  // namespace nf
