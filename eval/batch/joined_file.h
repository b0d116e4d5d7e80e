#pragma once

#include <filesystem>
#include <map>
#include <string_view>
#include <vector>

#include "core/io/posix_file.h"
#include "eval/batch/record_index.h"

namespace nf {

/// The records.jsonl of a merge: lines of other folders, in the order of these and of their lines,
/// each as it stands, with what is new of it, or not at all. Lines that stand together are copied
/// together.
class JoinedFile {
 public:
  /// dir: of the file to come, where lines wait, too. All must outlive it.
  JoinedFile(const std::vector<RunContents>& folders, const RecordIndex& index,
             const std::filesystem::path& dir);

  void keep(const RecordIndex::LinePlace& place) { state(place) = State::whole; }
  /// line: what the new file has instead.
  void replace(const RecordIndex::LinePlace& place, std::string_view line);
  /// Writes the file; all lines are on the disk once it has returned.
  void write();

 private:
  enum class State : unsigned char { left_out, whole, replaced };
  struct Range {
    Index offset = 0, size = 0;
  };

  State& state(const RecordIndex::LinePlace& place) { return states_[place.folder][place.line]; }
  void copy_folder(std::uint32_t folder, PosixFile& out) const;

  const std::vector<RunContents>& folders_;
  const RecordIndex& index_;
  std::filesystem::path dir_;
  std::vector<std::vector<State>> states_;  ///< by folder and line
  std::vector<PosixFile> waiting_;          ///< with the lines that replace others; one, or none
  Index waiting_size_ = 0;
  std::map<RecordIndex::LinePlace, Range> replaced_;  ///< by place, their range in that file
};

}  // namespace nf
