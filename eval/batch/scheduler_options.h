#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// Seconds before the end of its time at which a task is sent TERM, unless --signal says when.
inline constexpr double kTermLead = 180.0;

/// Words that a user wants to hand to sbatch: "--partition=long", "-c 8", "-c8", "--mem 4G".
class SchedulerOptions {
 public:
  SchedulerOptions() = default;
  /// Throws ConfigError for options that would break what submit writes: --array, --wrap, ...
  explicit SchedulerOptions(std::vector<std::string> words);

  const std::vector<std::string>& words() const { return words_; }
  /// The last value given under a long name ("--cpus-per-task") or a short one ('c', 0: it has
  /// none).
  std::optional<std::string> value(const std::string& name, char letter) const;
  /// CPUs of a task, where the words say how many.
  std::optional<Index> cpus() const;
  /// Throws ConfigError where a limit of time, the last of --time or of --time-min, is not longer
  /// than what the script's TERM comes before its end: a task would be stopped as it begins, and
  /// queue itself again until it may no more. What is no limit in Slurm's words is left to sbatch.
  void check_time_limit() const;
  /// Without the options that say how much a task needs, how it is told to stop and where it
  /// prints: for the job that merges.
  std::vector<std::string> for_merging() const;

 private:
  /// An option with its place among the words.
  struct Found {
    std::size_t word = 0, words = 1;
    std::string value;
  };
  /// The option at a word, where it is of this name.
  std::optional<Found> at(std::size_t word, const std::string& name, char letter) const;

  std::vector<std::string> words_;
};

}  // namespace nf
