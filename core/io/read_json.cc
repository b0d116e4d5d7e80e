#include "core/io/read_json.h"

#include <fmt/format.h>

#include <unordered_set>
#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

constexpr int kMaxDepth = 64;

/// The parser's words without its own prefix, "[json.exception.parse_error.101] parse error at line
/// 1, column 5: ".
std::string cause(const nlohmann::json::exception& error) {
  std::string_view text = error.what();
  const auto cut = [&text](std::string_view prefix, std::string_view end) {
    if (!text.starts_with(prefix)) return;
    const std::size_t at = text.find(end);
    if (at != std::string_view::npos) text.remove_prefix(at + end.size());
  };
  cut("[json.exception", "] ");
  cut("parse error at", ": ");
  return printable(text);
}

template <class AnyJson>
AnyJson parse(std::string_view text, const std::string& place, Index offset) {
  std::vector<std::unordered_set<std::string>> keys;  // of the objects that are open
  const auto check = [&](int depth, typename AnyJson::parse_event_t event, AnyJson& value) {
    using Event = typename AnyJson::parse_event_t;
    const bool opens = event == Event::object_start || event == Event::array_start;
    if (opens && depth >= kMaxDepth)
      throw DataError(fmt::format("{}: nested deeper than {} levels", place, kMaxDepth));
    if (event == Event::object_start) {
      keys.emplace_back();
    } else if (event == Event::object_end) {
      keys.pop_back();
    } else if (event == Event::key) {
      const auto& key = value.template get_ref<const std::string&>();
      if (!keys.back().insert(key).second)
        throw DataError(fmt::format("{}: key '{}' appears twice", place, printable(key)));
    }
    return true;
  };
  try {
    return AnyJson::parse(text, check);
  } catch (const nlohmann::json::parse_error& error) {
    // The parser counts the bytes it has read, the last of which is the wrong one.
    const Index at = offset + static_cast<Index>(error.byte) - (error.byte > 0 ? 1 : 0);
    throw DataError(fmt::format("{}: byte {}: {}", place, at, cause(error)));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(fmt::format("{}: {}", place, cause(error)));
  }
}

}  // namespace

Json parse_json(std::string_view text, const std::string& place, Index offset) {
  return parse<Json>(text, place, offset);
}

SortedJson parse_sorted_json(std::string_view text, const std::string& place, Index offset) {
  return parse<SortedJson>(text, place, offset);
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_text_file(path), path.string());
}

SortedJson read_sorted_json(const std::filesystem::path& path) {
  return parse_sorted_json(read_text_file(path), path.string());
}

}  // namespace nf
