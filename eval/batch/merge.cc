#include "eval/batch/merge.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/base/byte_text.h"
#include "core/base/version.h"
#include "core/io/atomic_file.h"
#include "eval/batch/join_records.h"
#include "eval/batch/missing_trials.h"
#include "eval/records/file_names.h"
#include "eval/records/identity_checks.h"
#include "eval/records/mixed_env.h"
#include "eval/records/row_key.h"
#include "eval/records/run_folder.h"
#include "eval/records/trial_profile.h"
#include "eval/results/followed_searches.h"
#include "eval/tables/result_files.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostConflicts = 10;

std::string manifest_place(const RunContents& run) { return (run.dir / kManifest).string(); }

void check_folders(const MergeOptions& options) {
  std::error_code ignored;
  for (std::size_t i = 0; i < options.runs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      if (fs::equivalent(options.runs[i], options.runs[j], ignored))
        throw ConfigError(fmt::format("{}: is given twice", options.runs[i].string()));
    if (fs::equivalent(options.runs[i], options.out, ignored))
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

/// Whether two rows are one condition. The state of a search makes no difference.
bool same_condition(const RowKey& a, const RowKey& b) {
  const bool both_search = a.search && b.search;
  return a.name == b.name && a.model == b.model && a.seed == b.seed &&
         (both_search ? search_point(a) == search_point(b) : a.vars == b.vars);
}

/// A row's condition, in words that differ where it differs.
std::string identity_of(const RowKey& row) {
  return row.search ? "search " + row.search->id : "id " + row.id;
}

/// The rows of all runs: the first's, and each new one behind the other rows of its model.
std::vector<RowKey> join_rows(const std::vector<RunContents>& runs) {
  std::vector<RowKey> rows;
  for (const RunContents& run : runs) {
    for (const RowKey& row : *run.manifest.rows) {
      const auto same = std::find_if(rows.begin(), rows.end(), [&row](const RowKey& other) {
        return same_condition(row, other);
      });
      if (same == rows.end()) {
        // A floor stands behind the baseline, also where only later runs have one.
        const auto behind = std::find_if(rows.rbegin(), rows.rend(), [&row](const RowKey& other) {
          return other.model == row.model && (!is_floor(row) || other.name == "baseline");
        });
        rows.insert(behind == rows.rend() ? rows.end() : behind.base(), row);
      } else if (identity_of(*same) != identity_of(row)) {
        throw ConfigError(fmt::format(
            "{}: trial '{}' of {} does something else than the one of that name in the folders "
            "before ({}, not {}): results would show them as one; rename it and run it again",
            manifest_place(run), condition_text(row), row.model, identity_of(row),
            identity_of(*same)));
      } else if (row.search) {
        for (const SearchKey::Step& step : row.search->steps)
          same->search->add_step(step.value, step.id);
      }
    }
  }
  return rows;
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

/// The new manifest's note on where it comes from.
Json about_merge(const std::vector<RunContents>& runs, const std::string& command) {
  Json about = {{"version", version()}, {"git", git_hash()}, {"command", command}};
  for (const char* key : {"experiment_dir", "set", "set_dir"})
    if (const auto found = runs.front().manifest.about.find(key);
        found != runs.front().manifest.about.end())
      about[key] = *found;
  about["merged"] = Json::array();
  for (const RunContents& run : runs) {
    Json one = {{"folder", byte_text(fs::absolute(run.dir).lexically_normal().string())},
                {"records", run.records.size()},
                {"env", run.manifest.env}};
    one.update(run.manifest.about);
    about["merged"].push_back(std::move(one));
  }
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

/// The windows that each run has looked at (`profile:`), in one file; none where none has.
void merge_profiles(const std::vector<RunContents>& runs, const fs::path& out) {
  std::vector<TrialProfile> profiles;
  for (const RunContents& run : runs)
    for (const TrialProfile& profile : read_profiles(run.dir)) join_profile(profile, profiles);
  if (!profiles.empty()) write_profiles(out, profiles);
}

}  // namespace

MergeOutcome merge_runs(const MergeOptions& given, const MetricRegistry& metrics) {
  MergeOptions options = given;
  options.out = (options.out / "").lexically_normal().parent_path();  // without a '/' at the end
  check_folders(options);
  std::vector<RunContents> runs;
  for (const fs::path& dir : options.runs) {
    runs.push_back(RunFolder::read(dir));
    check_numerics(runs.back().manifest.numerics, manifest_place(runs.back()),
                   "merge it with the version of the program that made it");
    check_same_data(runs.front(), runs.back());
    if (!options.any_env)
      check_env(
          runs.front().manifest.env, runs.back().manifest.env,
          {manifest_place(runs.back()), "in " + manifest_place(runs.front()), "here",
           "merge runs of one machine type, or say --mixed-env, and the results will say that "
           "they are mixed; `isa: avx2` in the experiment makes such machines agree"});
  }
  const std::vector<RowKey> rows = join_rows(runs);
  RecordJoin join(options.any_env);
  for (const RunContents& run : runs) join.add(run);
  if (!join.conflicts().empty()) fail_with(join.conflicts());

  FolderToCome folder(options.out);
  std::string lines;
  for (const Record& record : join.records()) lines += record_to_line(record, metrics) + '\n';
  write_file_atomically(folder.path() / kRecords, lines);
  const RunManifest& first = runs.front().manifest;
  MergeOutcome outcome{
      .rows = {}, .records = std::ssize(join.records()), .repeated = join.repeated()};
  {
    RunFolder run = RunFolder::open(folder.path(), join_models(runs), first.env, true);
    run.write_description(runs.front().experiment, runs.front().resolved,
                          about_merge(runs, options.command), rows, first.tasks);
    merge_profiles(runs, folder.path());
    outcome.rows = write_results(run, rows, metrics, first.tasks);
    outcome.mixed_env = mixed_env_text(read_manifest(folder.path() / kManifest));
    outcome.missing = missing_trials(
        runs, FollowedSearches(rows, first.models, run.records()).keys(), outcome.rows);
  }
  folder.commit();
  return outcome;
}

}  // namespace nf
