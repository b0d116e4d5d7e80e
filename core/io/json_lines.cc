#include "core/io/json_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/types.h"
#include "core/base/utf8.h"
#include "core/io/gzip.h"
#include "core/io/lfs_pointer.h"
#include "core/io/read_json.h"

namespace nf {

void for_each_line(const std::filesystem::path& file,
                   const std::function<bool(std::string_view, const std::string&)>& use) {
  const std::string text = read_gzip_or_text_file(file);
  refuse_lfs_pointer(text, file.string());
  std::size_t begin = 0;
  for (Index line = 1; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view content = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (content.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (!use(content, fmt::format("{}:{}", file.string(), line))) return;
  }
}

Json parse_json_line(std::string_view line, const std::string& place) {
  check_utf8(line, place);
  Json json = parse_json(line, place);
  if (!json.is_object()) throw DataError(fmt::format("{}: not a JSON object", place));
  return json;
}

}  // namespace nf
