#include "core/io/byte_cursor.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace nf {

void ByteCursor::seek(Index at) {
  if (at < 0 || at > size()) fail(fmt::format("truncated: it points to byte {} of {}", at, size()));
  at_ = at;
}

std::string_view ByteCursor::text(Index count) {
  if (count < 0 || count > left())
    fail(fmt::format("truncated: {} bytes are needed, {} are left", count, left()));
  const char* const begin = reinterpret_cast<const char*>(bytes_.data()) + at_;
  at_ += count;
  return {begin, static_cast<std::size_t>(count)};
}

std::string_view ByteCursor::line(Index longest) {
  const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_,
                              static_cast<std::size_t>(std::min(longest, left())));
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos)
    fail(fmt::format("no end of line in the next {} bytes", rest.size()));
  at_ += static_cast<Index>(end) + 1;
  return rest.substr(0, end);
}

void ByteCursor::fail_at(Index at, const std::string& cause) const {
  throw DataError(fmt::format("{}: byte {}: {}", place_, at, cause));
}

}  // namespace nf
