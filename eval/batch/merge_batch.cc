#include "eval/batch/merge_batch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

#include "core/base/cpu_info.h"
#include "core/base/error.h"
#include "core/io/posix_file.h"
#include "core/io/read_json.h"
#include "eval/batch/shard_claim.h"
#include "eval/batch/worker_process.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWork = "merge";

/// DIR/merged.K: the folder of an attempt, before it is the merged one.
fs::path folder_of(const BatchFolder& batch, Index attempt) {
  return batch.dir() / fmt::format("{}.{}", kMergedDir, attempt);
}

ClaimState last_claim(const BatchFolder& batch) {
  const ClaimStates claims = read_claims(batch.claims_dir());
  const auto found = claims.find(kWork);
  return found == claims.end() ? ClaimState{} : found->second;
}

bool is_alive(const BatchFolder& batch, const ClaimState& claim) {
  if (claim.attempt == 0 || claim.is_released || claim.age > batch.plan().lease) return false;
  try {
    return process_lives(read_json(claim_file(batch.claims_dir(), kWork, claim.attempt)))
        .value_or(true);
  } catch (const Error&) {
    return true;
  }
}

std::unique_ptr<ShardClaim> take_claim(const BatchFolder& batch) {
  Json note = {{"work", kWork}, {"begun", utc_time()}};
  note_process(note);
  for (;;) {
    auto claim = ShardClaim::take(batch.claims_dir(), kWork, last_claim(batch).attempt + 1,
                                  batch.plan().lease, note.dump() + "\n");
    if (claim) return claim;
  }
}

/// Ends an attempt that failed, whose own error is the one to tell.
void end_quietly(ShardClaim& claim) {
  try {
    claim.release();
  } catch (const Error&) {
  }
}

/// Puts a whole folder in the place of the merged one, in one step where the system can.
void put_in_place(const fs::path& made, const fs::path& merged) {
  if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, merged.c_str(), RENAME_EXCHANGE) == 0) {
    fs::remove_all(made);  // the one of before
  } else if (fs::exists(merged)) {
    fs::path before = made;
    before += ".before";
    fs::rename(merged, before);
    fs::rename(made, merged);
    fs::remove_all(before);
  } else {
    fs::rename(made, merged);
  }
  sync_directory_of(merged);
}

/// Removes folders of attempts that were killed. Those that still run have a later number or live.
void remove_leftovers(const BatchFolder& batch, Index attempt, bool others_live) {
  if (others_live) return;
  std::error_code ignored;
  const std::string prefix = std::string(kMergedDir) + ".";
  for (const fs::directory_entry& entry : fs::directory_iterator(batch.dir(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    Index number = 0;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    if (number > 0 && number < attempt) fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace

bool is_being_merged(const BatchFolder& batch) { return is_alive(batch, last_claim(batch)); }

void await_merge(const BatchFolder& batch, const std::function<bool()>& should_stop) {
  const double lease = batch.plan().lease;
  const std::chrono::duration<double> pause(std::min(1.0, lease / kSignsPerLease));
  ClaimWatch watch(lease);
  while (!should_stop()) {
    const ClaimState claim = last_claim(batch);
    if (!is_alive(batch, claim) || watch.is_dead(kWork, claim)) return;
    std::this_thread::sleep_for(pause);
  }
}

MergeOutcome merge_batch(const BatchFolder& batch, bool any_env, const MetricRegistry& metrics,
                         const std::string& command) {
  const std::vector<fs::path> runs = batch.attempt_folders();
  if (runs.empty())
    throw ConfigError(fmt::format(
        "{}: no worker has begun yet, there is nothing to join; `noisefloor status` says how it "
        "stands",
        batch.dir().string()));
  const bool others_live = is_being_merged(batch);
  const auto claim = take_claim(batch);
  const fs::path made = folder_of(batch, claim->attempt());
  try {
    MergeOutcome outcome = merge_runs({.runs = runs,
                                       .out = made,
                                       .replaced = batch.merged_dir(),
                                       .any_env = any_env,
                                       .command = command},
                                      metrics);
    put_in_place(made, batch.merged_dir());
    remove_leftovers(batch, claim->attempt(), others_live);
    claim->release();
    return outcome;
  } catch (...) {
    end_quietly(*claim);  // or others would wait for it
    throw;
  }
}

}  // namespace nf
