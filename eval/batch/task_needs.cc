#include "eval/batch/task_needs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace nf {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;
constexpr double kMoreMemory = 7.0 / 6, kLeastMemory = 256 * kMiB, kMemoryStep = 128 * kMiB;
constexpr double kMoreTime = 2, kLeastMinutes = 15, kMinuteStep = 5;

}  // namespace

Index worker_memory(Index task_memory) {
  return static_cast<Index>(kWorkerShare * static_cast<double>(task_memory));
}

TaskNeeds task_needs(const std::vector<BatchShard>& shards, Index threads,
                     std::optional<Index> most_memory) {
  double memory = 0, seconds = 0;
  for (const BatchShard& shard : shards) {
    memory = std::max(memory, static_cast<double>(shard.memory));
    seconds = std::max(seconds, shard.seconds);
  }
  const double minutes = seconds * kMoreTime / 60 + kLeastMinutes;
  const double steps = std::ceil((memory * kMoreMemory + kLeastMemory) / kMemoryStep);
  const auto enough = static_cast<Index>(steps * kMemoryStep);
  return {.threads = threads,
          .memory = std::min(enough, most_memory.value_or(enough)),
          .minutes = static_cast<Index>(std::ceil(minutes / kMinuteStep) * kMinuteStep)};
}

TaskNeeds merging_needs(double record_bytes) {
  // docs/scale.md (Merging): `report` keeps 1.4 bytes a byte of records; merging 39 MB a processor
  // second, reading them for the report 114 MB: half of that is counted upon.
  constexpr double kMemory = 1.4, kBytesASecond = 15e6;
  constexpr double kLeastForAll = 2048 * kMiB, kLeastTime = 60;
  const double memory = record_bytes * kMemory * kMoreMemory + kLeastMemory;
  const double minutes = record_bytes / kBytesASecond / 60 + kLeastMinutes;
  return {
      .memory =
          static_cast<Index>(std::max(kLeastForAll, std::ceil(memory / kMemoryStep) * kMemoryStep)),
      .minutes =
          static_cast<Index>(std::max(kLeastTime, std::ceil(minutes / kMinuteStep) * kMinuteStep))};
}

std::string time_limit_text(Index minutes) {
  const Index hours = minutes / 60;
  if (hours < 24) return fmt::format("{}:{:02}:00", hours, minutes % 60);
  return fmt::format("{}-{:02}:{:02}:00", hours / 24, hours % 24, minutes % 60);
}

}  // namespace nf
