#include "eval/run/profile_keeper.h"

#include <fmt/format.h>

#include <algorithm>

#include "eval/records/trial_choice.h"

namespace nf {

ProfileKeeper::ProfileKeeper(const RunContext& run, const ModelPlan& plan)
    : run_(run), plan_(plan) {
  const ProfileConfig& config = run.experiment.config.profile;
  if (!config.is_on) return;
  keys_.push_back(plan.baseline());
  const TrialChoice choice(config.trials);
  if (!choice.is_all())
    for (const Job* job : plan.jobs_with({}))
      if (choice.holds(job->key.name, job->key.vars)) keys_.push_back(job->key);
  profiles_ = read_profiles(run.folder.dir());
}

/// With the seed where there are others.
std::string ProfileKeeper::label(const RowKey& key) const {
  const std::string text = condition_text(key);
  const std::vector<RowKey> rows = plan_.rows();
  const auto same = std::count_if(
      rows.begin(), rows.end(), [&text](const RowKey& row) { return condition_text(row) == text; });
  return same > 1 && key.seed ? fmt::format("{} seed={}", text, *key.seed) : text;
}

TrialProfile ProfileKeeper::named(const RowKey& key, const std::string& text,
                                  const std::string& hash) const {
  return {.model = key.model, .trial = label(key), .id = key.id, .text = text, .hash = hash};
}

TrialProfile* ProfileKeeper::find(const RowKey& key, const std::string& text,
                                  const std::string& hash) {
  const auto found =
      std::find_if(profiles_.begin(), profiles_.end(), [&](const TrialProfile& each) {
        return each.model == key.model && each.id == key.id && each.text == text &&
               each.hash == hash;
      });
  return found == profiles_.end() ? nullptr : &*found;
}

std::vector<Index> ProfileKeeper::lacking(const RowKey& key, const std::vector<Index>& items,
                                          const std::string& text, const std::string& hash) const {
  const bool is_ours = std::any_of(keys_.begin(), keys_.end(), [&key](const RowKey& own) {
    return own.id == key.id && own.name == key.name;
  });
  if (!is_ours) return {};
  const auto known =
      std::find_if(profiles_.begin(), profiles_.end(), [&](const TrialProfile& each) {
        return each.model == key.model && each.id == key.id && each.text == text &&
               each.hash == hash;
      });
  std::vector<Index> windows;
  for (const Index item : items)
    if (known == profiles_.end() || !known->has_window(item)) windows.push_back(item);
  return windows;
}

std::vector<Index> ProfileKeeper::lacking(const RowKey& key, const Stage& stage) const {
  std::vector<Index> windows;
  for (const Index item : stage.items)
    if (item < plan_.data().set.windows) windows.push_back(item);
  return lacking(key, windows, kDataText, plan_.data().hash);
}

void ProfileKeeper::add(const RowKey& key, ProfileParts parts, const std::string& text,
                        const std::string& hash) {
  if (parts.empty()) return;
  TrialProfile profile = named(key, text, hash);
  // A text that has changed since takes the place of the one before.
  std::erase_if(profiles_, [&profile](const TrialProfile& other) {
    return other.model == profile.model && other.id == profile.id && other.text == profile.text &&
           other.hash != profile.hash;
  });
  profile.parts = std::move(parts);
  join_profile(profile, profiles_);
  if (TrialProfile* known = find(key, text, hash)) known->is_searched = false;
  save();
}

void ProfileKeeper::add(const RowKey& key, ProfileParts parts) {
  add(key, std::move(parts), kDataText, plan_.data().hash);
}

void ProfileKeeper::save() const { write_profiles(run_.folder.dir(), profiles_); }

}  // namespace nf
