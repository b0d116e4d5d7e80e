#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/batch/record_index.h"

namespace nf {

/// The records of one trial out of all folders, joined, and what becomes of their lines.
struct TrialRecords {
  using LinePlace = RecordIndex::LinePlace;

  std::vector<Record> records{};                           ///< as RecordJoin has them
  std::vector<LinePlace> whole{};                          ///< the lines that are new as they stand
  std::vector<std::pair<LinePlace, std::string>> parts{};  ///< what is new of other lines
  Index repeated = 0;                                      ///< lines with nothing new in them
  Index other_copies = 0;                                  ///< RecordJoin's
  /// Conflicts in the order in which they were met, each with the line that showed it.
  std::vector<std::pair<LinePlace, std::string>> conflicts{};
  /// The envs that records keep, one where it differs from that of the record before.
  std::vector<std::pair<LinePlace, Json>> envs{};
  /// The first line that is no record; nothing behind it was read.
  std::optional<RecordIndex::Fault> fault{};
};

/// Reads the records of several folders trial by trial. Thread-safe.
class TrialReader {
 public:
  /// All must outlive it. any_env: as RecordJoin has it; metrics: of the lines that are cut.
  TrialReader(const std::vector<RunContents>& folders, const RecordIndex& index, bool any_env,
              const MetricRegistry& metrics)
      : folders_(folders), index_(index), any_env_(any_env), metrics_(metrics) {}

  /// trial: place among the index's ids.
  TrialRecords read(Index trial) const;

 private:
  const std::vector<RunContents>& folders_;
  const RecordIndex& index_;
  bool any_env_;
  const MetricRegistry& metrics_;
};

}  // namespace nf
