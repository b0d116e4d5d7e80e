#include "eval/experiment/trial_count.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/scalar.h"

namespace nf {
namespace {

constexpr std::int64_t kLargest = 1'000'000'000'000'000'000;
constexpr std::int64_t kBeyond = kLargest + 1;

}  // namespace

TrialCount::TrialCount(std::int64_t count) : count_(std::min(count, kBeyond)) {}

void TrialCount::multiply(std::int64_t factor) {
  count_ = factor > 0 && count_ > kLargest / factor ? kBeyond : count_ * factor;
}

void TrialCount::add(const TrialCount& more) { count_ = std::min(count_ + more.count_, kBeyond); }

std::string TrialCount::str() const {
  return count_ == kBeyond ? "more than 10^18" : std::to_string(count_);
}

TrialCount count_trials(const ConfigNode& trial) {
  TrialCount count(1);
  const auto values = [](const ConfigNode& list) {
    return std::max<std::int64_t>(1, std::ssize(list.items()));
  };
  if (const auto sweep = trial.find("sweep"))
    for (const ConfigEntry& variable : sweep->entries()) count.multiply(values(variable.value));
  if (const auto zip = trial.find("zip"))
    if (const std::vector<ConfigEntry> variables = zip->entries(); !variables.empty())
      count.multiply(values(variables.front().value));
  if (const auto twins = trial.find("twins"))
    count.multiply(1 + values(twins->find("kinds").value_or(*twins)));
  if (const auto repeat = trial.find("repeat"))
    count.multiply(std::max<std::int64_t>(1, parse_integer(repeat->text()).value_or(1)));
  return count;
}

bool check_trial_count(const ConfigNode& node, std::int64_t models, ConfigErrors& errors) {
  TrialCount all;
  for (const ConfigNode& trial : node.items()) {
    TrialCount count = count_trials(trial);
    count.multiply(std::max<std::int64_t>(1, models));
    all.add(count);
    if (!count.is_too_many()) continue;
    errors.add(trial, too_many_trials(count));
    return false;
  }
  if (all.is_too_many()) errors.add(node, too_many_trials(all));
  return !all.is_too_many();
}

std::string too_many_trials(const TrialCount& count) {
  return fmt::format("stands for {} trials; an experiment has at most {}, on all models together",
                     count.str(), kMostTrials);
}

}  // namespace nf
