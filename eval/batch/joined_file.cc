#include "eval/batch/joined_file.h"

#include <fcntl.h>

#include <span>
#include <string>

#include "core/io/copy_range.h"

namespace nf {

JoinedFile::JoinedFile(const std::vector<RunContents>& folders, const RecordIndex& index,
                       const std::filesystem::path& dir)
    : folders_(folders), index_(index), dir_(dir), states_(folders.size()) {
  for (std::size_t folder = 0; folder < folders.size(); ++folder)
    states_[folder].resize(index.lines(folder).size());
}

void JoinedFile::replace(const RecordIndex::LinePlace& place, std::string_view line) {
  if (waiting_.empty()) {
    const std::filesystem::path path = dir_ / "records.waiting";
    waiting_.emplace_back(path, O_RDWR | O_CREAT | O_EXCL);
    std::filesystem::remove(path);  // its bytes stay while it is open
  }
  const std::string text = std::string(line) + '\n';
  waiting_.front().write(std::as_bytes(std::span(text)));
  state(place) = State::replaced;
  replaced_[place] = {waiting_size_, std::ssize(text)};
  waiting_size_ += std::ssize(text);
}

void JoinedFile::write() {
  PosixFile out(dir_ / kRecords, O_WRONLY | O_CREAT | O_EXCL);
  for (std::uint32_t folder = 0; folder < states_.size(); ++folder) copy_folder(folder, out);
  out.sync();
  out.close();
}

void JoinedFile::copy_folder(std::uint32_t folder, PosixFile& out) const {
  const PosixFile from(folders_[folder].dir / kRecords, O_RDONLY);
  const std::vector<RecordIndex::Line>& lines = index_.lines(folder);
  Range range;  // that is to be copied next
  const auto copy = [&] {
    copy_range(from, range.offset, range.size, out);
    range = {};
  };
  for (std::uint32_t i = 0; i < lines.size(); ++i) {
    const State state = states_[folder][i];
    if (state == State::whole) {
      if (range.size == 0) range.offset = lines[i].offset;
      range.size = lines[i].offset + lines[i].size + 1 - range.offset;
      continue;
    }
    copy();
    if (state == State::left_out) continue;
    const Range& waiting = replaced_.at({folder, i});
    copy_range(waiting_.front(), waiting.offset, waiting.size, out);
  }
  copy();
}

}  // namespace nf
