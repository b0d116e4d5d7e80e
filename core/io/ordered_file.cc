#include "core/io/ordered_file.h"

#include <fcntl.h>

#include <algorithm>
#include <span>
#include <utility>

#include "core/base/check.h"

namespace nf {
namespace {

constexpr std::size_t kWrittenAtOnce = std::size_t{1} << 20;

}  // namespace

OrderedFile::OrderedFile(std::filesystem::path path, std::string head)
    : path_(std::move(path)), head_(std::move(head)) {}

void OrderedFile::add(Index place, std::string_view text) {
  if (text.empty()) return;
  if (file_.empty()) {
    file_.emplace_back(path_, O_RDWR | O_CREAT | O_TRUNC);
    append(head_);
  }
  pieces_.push_back({place, written_, std::ssize(text)});
  append(text);
}

void OrderedFile::append(std::string_view text) {
  waiting_ += text;
  written_ += std::ssize(text);
  if (waiting_.size() >= kWrittenAtOnce) flush();
}

void OrderedFile::flush() {
  file_.front().write(std::as_bytes(std::span(waiting_)));
  waiting_.clear();
}

bool OrderedFile::finish() {
  if (file_.empty()) return false;
  flush();
  const auto is_before = [](const Piece& a, const Piece& b) { return a.place < b.place; };
  if (!std::is_sorted(pieces_.begin(), pieces_.end(), is_before)) copy_in_order();
  file_.front().sync();
  file_.front().close();
  return true;
}

void OrderedFile::copy_in_order() {
  std::sort(pieces_.begin(), pieces_.end(),
            [](const Piece& a, const Piece& b) { return a.place < b.place; });
  const PosixFile unordered = std::move(file_.front());
  file_.clear();
  std::filesystem::remove(path_);  // its bytes stay while it is open
  file_.emplace_back(path_, O_RDWR | O_CREAT | O_EXCL);
  append(head_);
  std::string text;
  for (const Piece& piece : pieces_) {
    text.resize(static_cast<std::size_t>(piece.size));
    const Index count = unordered.read_at(piece.offset, std::as_writable_bytes(std::span(text)));
    NF_CHECK(count == piece.size, "{}: {} of {} bytes are there", path_.string(), count,
             piece.size);
    append(text);
  }
  flush();
}

}  // namespace nf
