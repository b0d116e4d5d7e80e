#include "eval/batch/batch_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "core/base/byte_text.h"
#include "core/base/check.h"
#include "core/base/cpu_info.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "core/io/atomic_file.h"
#include "core/io/exclusive_file.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "core/io/system_error_text.h"
#include "eval/batch/attempt_progress.h"
#include "eval/batch/shard_claim.h"
#include "eval/batch/worker_process.h"
#include "eval/records/file_names.h"
#include "eval/records/object_reader.h"
#include "eval/records/source_note.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// 2: workers measure the rates of a guessed cut. 1, without, is read as well.
constexpr Index kFormat = 2;

constexpr std::pair<const char*, ShardBy> kShardBy[] = {
    {"trials", ShardBy::trials}, {"text", ShardBy::text}, {"both", ShardBy::both}};

std::string number_of(Index shard) { return fmt::format("{}", shard + 1); }

void note_cut(Json& json, const Shard& cut, const std::vector<BatchShard>& shards) {
  const auto by = std::find_if(std::begin(kShardBy), std::end(kShardBy),
                               [&](const auto& one) { return one.second == cut.by; });
  json["cut"] = {{"by", by->first}, {"rates", cut.rates.to_json()}};
  json["shards"] = Json::array();
  for (const BatchShard& shard : shards)
    json["shards"].push_back({{"shard", std::ssize(json["shards"]) + 1},
                              {"trials", shard.trials},
                              {"seconds", shard.seconds},
                              {"memory", shard.memory}});
}

/// Takes the cut of a file, plan.json or cut.json, over into a plan.
void read_cut(const ObjectReader& object, const fs::path& file, BatchFolderPlan& plan) {
  const ObjectReader cut = object.inside("cut");
  const std::string by = cut.text("by");
  const auto known = std::find_if(std::begin(kShardBy), std::end(kShardBy),
                                  [&](const auto& one) { return one.first == by; });
  if (known == std::end(kShardBy)) cut.fail("by", "expected trials, text or both");
  plan.shards.clear();
  object.each("shards", [&plan](const ObjectReader& shard) {
    plan.shards.push_back({.trials = shard.count("trials"),
                           .seconds = shard.number("seconds"),
                           .memory = shard.count("memory")});
  });
  if (plan.shards.empty()) object.fail("shards", "expected some");
  plan.shard = {.count = std::ssize(plan.shards),
                .by = known->second,
                .rates = WorkRates::of_json(cut.at("rates"), file.string() + ": cut.rates")};
}

Json plan_json(const BatchFolderPlan& plan) {
  Json json = {
      {"batch", kFormat}, {"version", version()}, {"git", git_hash()}, {"command", plan.command}};
  note_source(json, plan.source);
  json["trials"] = Json::array();
  for (const std::string& pattern : plan.trials) json["trials"].push_back(byte_text(pattern));
  json["lease"] = plan.lease;
  note_cut(json, plan.shard, plan.shards);
  json["cut"]["guessed"] = plan.is_guessed;
  json["notes"] = plan.notes;
  return json;
}

BatchFolderPlan read_plan(const fs::path& dir) {
  const fs::path file = dir / kBatchPlan;
  const Json json = read_json(file);
  const ObjectReader object(json, file.string());
  if (const Index format = object.count("batch"); format != 1 && format != kFormat)
    object.fail("batch", "is of another version of the program; use that one for this folder");
  BatchFolderPlan plan{.source = noted_source(json, file, read_text_file(dir / kExperiment),
                                              (dir / kExperiment).string()),
                       .resolved = read_text_file(dir / kResolved),
                       .lease = object.number("lease"),
                       .command = object.text("command"),
                       .notes = object.at("notes")};
  for (const Json& pattern : object.at("trials"))
    if (pattern.is_string()) plan.trials.push_back(bytes_of_text(pattern.get<std::string>()));
  if (!(plan.lease > 0.0)) object.fail("lease", "expected seconds above 0");
  read_cut(object, file, plan);
  const Json& cut = json.at("cut");
  plan.is_guessed = cut.contains("guessed") && cut["guessed"] == true;
  return plan;
}

void make_directory(const fs::path& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error)
    throw DataError(fmt::format("{}: cannot create folder: {}", dir.string(),
                                system_error_text(error.value())));
}

/// A small file of JSON that others may be about to write; none where it cannot be read.
std::optional<Json> read_note(const fs::path& file) {
  try {
    if (fs::exists(file)) return read_json(file);
  } catch (const Error&) {
  }
  return std::nullopt;
}

std::string text_in(const std::optional<Json>& note, const char* key) {
  if (!note || !note->is_object()) return {};
  const auto found = note->find(key);
  return found != note->end() && found->is_string() ? found->get<std::string>() : "";
}

double number_in(const std::optional<Json>& note, const char* key) {
  if (!note || !note->is_object()) return 0.0;
  const auto found = note->find(key);
  return found != note->end() && found->is_number() ? found->get<double>() : 0.0;
}

/// Numbers of the shards (from 0) that have a file I.json in a folder.
std::set<Index> noted_shards(const fs::path& dir) {
  std::set<Index> shards;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir, error)) {
    const std::string name = entry.path().filename().string();
    Index number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec == std::errc{} && std::string_view(read.ptr) == ".json") shards.insert(number - 1);
  }
  return shards;
}

/// "3.12" as {3, 12}, "3.12-2" as {3, 12, 2}: by which folders of attempts are ordered.
std::vector<Index> numbers_in(const std::string& name) {
  std::vector<Index> numbers;
  for (const char* at = name.data(); at < name.data() + name.size();) {
    Index number = 0;
    const auto read = std::from_chars(at, name.data() + name.size(), number);
    if (read.ec == std::errc{}) numbers.push_back(number);
    at = std::max(read.ptr, at) + 1;
  }
  return numbers;
}

}  // namespace

const char* stage_name(ShardStage stage) {
  switch (stage) {
    case ShardStage::waiting:
      return "waiting";
    case ShardStage::running:
      return "running";
    case ShardStage::lost:
      return "lost";
    case ShardStage::done:
      return "done";
    case ShardStage::failed:
      return "failed";
  }
  return "";
}

BatchFolder::BatchFolder(fs::path dir, BatchFolderPlan plan)
    : dir_(std::move(dir)), plan_(std::move(plan)) {}

void BatchFolder::check_new(const fs::path& dir) {
  if (!fs::exists(dir)) return;
  if (!fs::is_directory(dir))
    throw ConfigError(fmt::format("{}: is not a folder; choose another --out", dir.string()));
  const std::set<std::string> own = {kClaimsDir, kDoneDir,   kFailedDir,  kWorkersDir,
                                     kHashesDir, kMakerLock, kExperiment, kResolved};
  if (is_batch_folder(dir))
    throw ConfigError(fmt::format(
        "{}: is a batch folder already: `noisefloor status` says how it stands, `noisefloor "
        "resubmit` goes on with it; choose another --out for a new one",
        dir.string()));
  for (const fs::directory_entry& entry : fs::directory_iterator(dir))
    if (!own.contains(entry.path().filename().string()))
      throw ConfigError(fmt::format("{}: is there already and holds {}; choose another --out",
                                    dir.string(), entry.path().filename().string()));
}

BatchFolder BatchFolder::create(const fs::path& dir, const BatchFolderPlan& plan) {
  NF_CHECK(!plan.shards.empty() && plan.shard.count == std::ssize(plan.shards),
           "{} of {} shards are described", plan.shards.size(), plan.shard.count);
  check_new(dir);
  for (const char* name : {kClaimsDir, kDoneDir, kFailedDir, kWorkersDir})
    make_directory(dir / name);
  write_file_atomically(dir / kExperiment, plan.source.text);
  write_file_atomically(dir / kResolved, plan.resolved);
  write_file_atomically(dir / kBatchPlan, plan_json(plan).dump(1) + "\n");
  return {dir, plan};
}

BatchFolder BatchFolder::open(const fs::path& dir) {
  if (!fs::is_directory(dir)) throw ConfigError(fmt::format("{}: no such folder", dir.string()));
  if (!is_batch_folder(dir))
    throw ConfigError(fmt::format(
        "{}: is not a batch folder; `noisefloor submit EXPERIMENT.yaml` makes one", dir.string()));
  BatchFolder batch(dir, read_plan(dir));
  if (batch.plan_.is_guessed && fs::exists(dir / kBatchCut)) batch.take_agreed_cut();
  return batch;
}

void BatchFolder::take_agreed_cut() {
  const fs::path file = dir_ / kBatchCut;
  is_written(file, kEndOfNote);  // or what is wrong is told below
  try {
    const Json json = read_json(file);
    const ObjectReader object(json, file.string());
    const Index before = shard_count();
    BatchFolderPlan agreed = plan_;
    read_cut(object, file, agreed);
    if (std::ssize(agreed.shards) != before)
      object.fail("shards", fmt::format("expected {}, as in plan.json", before));
    plan_ = std::move(agreed);
    plan_.is_guessed = false;
  } catch (const Error& error) {
    throw DataError(
        fmt::format("{}; a worker that was killed while it wrote may have left it: remove it once "
                    "no worker runs, and the next one measures again",
                    error.what()));
  }
}

void BatchFolder::agree_on_cut(const Shard& shard, const std::vector<BatchShard>& shards) {
  NF_CHECK(std::ssize(shards) == shard_count(), "{} shards instead of {}", shards.size(),
           shard_count());
  Json json = Json::object();
  note_cut(json, shard, shards);
  create_exclusively(dir_ / kBatchCut, json.dump(1) + "\n");
  take_agreed_cut();
}

std::vector<ShardState> BatchFolder::shards() const {
  const std::set<Index> done = noted_shards(dir_ / kDoneDir);
  const std::set<Index> failed = noted_shards(dir_ / kFailedDir);
  const ClaimStates claims = read_claims(claims_dir());
  std::vector<ShardState> states;
  for (Index i = 0; i < shard_count(); ++i) {
    ShardState state{.shard = i};
    const auto found = claims.find(number_of(i));
    const ClaimState claim = found == claims.end() ? ClaimState{} : found->second;
    state.attempts = claim.attempt;
    const std::optional<Json> holder =
        claim.attempt > 0 ? read_note(claim_file(claims_dir(), number_of(i), claim.attempt))
                          : std::nullopt;
    state.worker = text_in(holder, "worker");
    if (done.contains(i)) {
      const auto note = read_note(dir_ / kDoneDir / (number_of(i) + ".json"));
      state.stage = ShardStage::done;
      state.end = {.worker = text_in(note, "worker"),
                   .rows = static_cast<Index>(number_in(note, "rows")),
                   .failed_rows = static_cast<Index>(number_in(note, "failed_rows")),
                   .seconds = number_in(note, "seconds")};
    } else if (failed.contains(i)) {
      const auto note = read_note(dir_ / kFailedDir / (number_of(i) + ".json"));
      state.stage = ShardStage::failed;
      state.exit_code = static_cast<int>(number_in(note, "exit_code"));
      state.error = text_in(note, "error");
    } else if (claim.attempt > 0 && !claim.is_released) {
      if (holder) state.lives = process_lives(*holder);
      const bool is_lost = claim.age > plan_.lease || !state.lives.value_or(true);
      state.stage = is_lost ? ShardStage::lost : ShardStage::running;
      state.age = claim.age;
      state.sign = claim.sign;
      state.share =
          read_progress(dir_ / kWorkersDir / fmt::format("{}.{}", number_of(i), claim.attempt));
    }
    states.push_back(std::move(state));
  }
  return states;
}

std::vector<fs::path> BatchFolder::attempt_folders() const {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir_ / kWorkersDir))
    if (fs::exists(entry.path() / kManifest)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return std::pair(numbers_in(a), a) < std::pair(numbers_in(b), b);
  });
  std::vector<fs::path> folders;
  for (const std::string& name : names) folders.push_back(dir_ / kWorkersDir / name);
  return folders;
}

std::vector<fs::path> BatchFolder::attempt_folders(Index shard) const {
  std::vector<fs::path> folders = attempt_folders();
  std::erase_if(folders, [prefix = number_of(shard) + "."](const fs::path& folder) {
    return !folder.filename().string().starts_with(prefix);
  });
  return folders;
}

fs::path BatchFolder::make_attempt_folder(Index shard, Index attempt) const {
  const std::string name = fmt::format("{}.{}", number_of(shard), attempt);
  for (Index another = 1;; ++another) {
    const fs::path folder =
        dir_ / kWorkersDir / (another == 1 ? name : fmt::format("{}-{}", name, another));
    std::error_code error;
    if (fs::create_directory(folder, error)) return folder;
    if (error)
      throw DataError(fmt::format("{}: cannot create folder: {}", folder.string(),
                                  system_error_text(error.value())));
  }
}

void BatchFolder::note_done(Index shard, const ShardEnd& end) const {
  const Json note = {{"shard", shard + 1},     {"worker", end.worker},
                     {"rows", end.rows},       {"failed_rows", end.failed_rows},
                     {"seconds", end.seconds}, {"finished", utc_time()}};
  create_exclusively(dir_ / kDoneDir / (number_of(shard) + ".json"), note.dump() + "\n");
}

void BatchFolder::note_failed(Index shard, const std::string& worker, int exit_code,
                              const std::string& error) const {
  const Json note = {{"shard", shard + 1},
                     {"worker", worker},
                     {"exit_code", exit_code},
                     {"error", byte_text(error)},  // which may name a file of any bytes
                     {"finished", utc_time()}};
  write_file_atomically(dir_ / kFailedDir / (number_of(shard) + ".json"), note.dump() + "\n");
}

void BatchFolder::forget_failure(Index shard) const {
  std::error_code ignored;
  fs::remove(dir_ / kFailedDir / (number_of(shard) + ".json"), ignored);
}

void BatchFolder::note_merged() const {
  create_exclusively(dir_ / kDoneDir / kMergeNote, Json{{"finished", utc_time()}}.dump() + "\n");
}

bool BatchFolder::is_all_merged() const {
  std::error_code ignored;
  return fs::exists(dir_ / kDoneDir / kMergeNote, ignored) && is_merged();
}

bool BatchFolder::is_stopped() const {
  std::error_code ignored;
  return fs::exists(dir_ / kStopFile, ignored);
}

fs::path BatchFolder::merged_dir() const { return dir_ / kMergedDir; }

bool BatchFolder::is_merged() const {
  std::error_code ignored;
  return fs::exists(merged_dir() / kManifest, ignored);
}

}  // namespace nf
