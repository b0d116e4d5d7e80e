#include "core/io/line_pieces.h"

#include <fcntl.h>

#include <span>

namespace nf {

LinePieces::LinePieces(const std::filesystem::path& path, Index piece)
    : file_(path, O_RDONLY), piece_(piece) {}

bool LinePieces::read_on() {
  const std::size_t end = filled_ + static_cast<std::size_t>(piece_);
  if (text_.size() < end) text_.resize(end);
  while (filled_ < end) {
    const Index count =
        file_.read_next(std::as_writable_bytes(std::span(text_).subspan(filled_, end - filled_)));
    if (count == 0) return false;
    filled_ += static_cast<std::size_t>(count);
  }
  return true;
}

const std::vector<std::string_view>& LinePieces::next() {
  lines_.clear();
  text_.erase(0, used_);
  filled_ -= used_;
  used_ = 0;
  for (bool more = true; lines_.empty() && more;) {
    const std::size_t seen = filled_;
    more = read_on();
    const std::string_view all = std::string_view(text_).substr(0, filled_);
    if (all.find('\n', seen) == std::string_view::npos) continue;
    for (std::size_t end = all.find('\n'); end != std::string_view::npos;
         end = all.find('\n', used_)) {
      lines_.push_back(all.substr(used_, end - used_));
      used_ = end + 1;
    }
  }
  return lines_;
}

}  // namespace nf
