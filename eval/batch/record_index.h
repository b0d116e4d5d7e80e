#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eval/records/run_folder.h"

namespace nf {

/// Where the records of several run folders stand, by the trial that they are of: a few bytes a
/// record, so that they can be read trial by trial whatever the size of the files.
class RecordIndex {
 public:
  /// A line of a records.jsonl.
  struct Line {
    Index offset = 0, size = 0;  ///< bytes, without the '\n'
    Index trial = 0;             ///< place among ids()
  };
  /// Lines by folder and place among its lines, from 0 on.
  struct LinePlace {
    std::uint32_t folder = 0;
    std::uint32_t line = 0;

    friend auto operator<=>(const LinePlace&, const LinePlace&) = default;
  };
  /// A line that is no record, or cannot be read. Those behind it are not indexed: its error ends
  /// it all.
  struct Fault {
    LinePlace place{};
    std::exception_ptr error{};
  };

  /// Reads the files once, the threads one each; a torn last line is passed over. Of a line that
  /// does not begin with its id as record_to_line() writes it all is read.
  explicit RecordIndex(const std::vector<RunContents>& folders);

  const std::vector<Line>& lines(std::size_t folder) const { return lines_[folder]; }
  const Line& line(const LinePlace& place) const { return lines_[place.folder][place.line]; }
  /// Ids of all trials that have a record, in the order of their first.
  const std::vector<std::string>& ids() const { return ids_; }
  /// Place among ids(); none: no record is of it.
  std::optional<Index> find(const std::string& id) const;
  /// The lines of a trial, in the order of the folders and of their lines.
  const std::vector<LinePlace>& places(Index trial) const {
    return places_[static_cast<std::size_t>(trial)];
  }
  /// The bytes of a trial's lines.
  Index bytes(Index trial) const;
  const std::optional<Fault>& fault() const { return fault_; }

 private:
  std::vector<std::vector<Line>> lines_;  ///< by folder
  std::vector<std::string> ids_;
  std::unordered_map<std::string, Index> by_id_;
  std::vector<std::vector<LinePlace>> places_;  ///< by trial
  std::optional<Fault> fault_;
};

}  // namespace nf
