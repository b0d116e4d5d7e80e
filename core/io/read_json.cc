#include "core/io/read_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/io/json_fault.h"
#include "core/io/lfs_pointer.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

constexpr std::size_t kMaxDepth = 64;

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

/// A text with words between quotes that were not there: each takes two bytes more.
struct QuotedWords {
  std::string text;
  std::vector<std::size_t> ends;  ///< of the quoted words in `text`, ascending

  /// The place in the text as it was.
  std::size_t original(std::size_t at) const {
    const auto before = std::upper_bound(ends.begin(), ends.end(), at) - ends.begin();
    return at - 2 * static_cast<std::size_t>(before);
  }
};

/// Puts Python's words between quotes wherever they stand as values.
QuotedWords quote_python_words(std::string_view text) {
  QuotedWords quoted;
  bool inside = false;  // of a string
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const std::string_view word = inside ? std::string_view() : python_number(rest);
    if (!word.empty()) {
      quoted.text += fmt::format("\"{}\"", word);
      quoted.ends.push_back(quoted.text.size());
      at += word.size();
      continue;
    }
    const std::size_t count = inside && rest.starts_with('\\') ? 2 : 1;  // \" ends no string
    if (rest.starts_with('"')) inside = !inside;
    quoted.text += rest.substr(0, count);
    at += count;
  }
  return quoted;
}

/// Reads a text to its end, or to where it is no JSON, and stops at keys that come twice, deep
/// nesting and numbers beyond double. The parser could be asked about each value while it builds
/// them, but then takes n² steps for an object of n objects.
template <class AnyJson>
class StructureCheck final : public nlohmann::json_sax<AnyJson> {
 public:
  explicit StructureCheck(std::string_view text) : text_(text) {}

  /// None where the text is sound, or no JSON.
  const std::optional<JsonFault>& fault() const { return fault_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(typename AnyJson::number_integer_t) override { return true; }
  bool number_unsigned(typename AnyJson::number_unsigned_t) override { return true; }
  bool number_float(typename AnyJson::number_float_t, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(typename AnyJson::binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool key(std::string& key) override {
    if (keys_.back().insert(key).second) {
      ++keys_read_;
      return true;
    }
    fault_ = {find_json_key(text_, keys_read_),
              fmt::format("key '{}' appears twice", printable(key))};
    return false;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t end, const std::string& token,
                   const nlohmann::json::exception& error) override {
    // The only other kind that reading gives: the number is whole, and its size known.
    if (dynamic_cast<const nlohmann::json::out_of_range*>(&error) != nullptr)
      fault_ = {static_cast<Index>(end - std::min(end, token.size())), cause(error)};
    return false;
  }

 private:
  bool open() {
    if (keys_.size() == kMaxDepth) {
      fault_ = {find_json_opening(text_, opened_),
                fmt::format("nested deeper than {} levels", kMaxDepth)};
      return false;
    }
    ++opened_;
    keys_.emplace_back();
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  std::string_view text_;
  Index keys_read_ = 0, opened_ = 0;
  std::optional<JsonFault> fault_;
  std::vector<std::unordered_set<std::string>> keys_;  ///< of each object or array that is open
};

/// locate: the place in the file of a byte of `text`.
template <class AnyJson, class Locate>
AnyJson parse(std::string_view text, const std::string& place, const Locate& locate) {
  // The parser takes a NUL for the end and would not look at what follows.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    throw DataError(fmt::format("{}: byte {}: a NUL is no JSON", place, locate(nul)));
  try {
    StructureCheck<AnyJson> check(text);
    AnyJson::sax_parse(text, &check);
    if (const auto& fault = check.fault())
      throw DataError(fmt::format("{}: byte {}: {}", place,
                                  locate(static_cast<std::size_t>(fault->at)), fault->cause));
    return AnyJson::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    // The parser counts the bytes it has read, the last of which is the wrong one.
    const Index at = static_cast<Index>(error.byte) - (error.byte > 0 ? 1 : 0);
    const std::string words = cause(error);
    const JsonFault fault = find_json_fault(text, at, words).value_or(JsonFault{at, words});
    throw DataError(fmt::format("{}: byte {}: {}", place,
                                locate(static_cast<std::size_t>(fault.at)), fault.cause));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(fmt::format("{}: {}", place, cause(error)));
  }
}

template <class AnyJson>
AnyJson parse_strict(std::string_view text, const std::string& place, Index offset) {
  if (offset == 0) refuse_lfs_pointer(text, place);
  return parse<AnyJson>(text, place,
                        [offset](std::size_t at) { return offset + static_cast<Index>(at); });
}

template <class AnyJson>
AnyJson parse_python(std::string_view text, const std::string& place) {
  refuse_lfs_pointer(text, place);
  const QuotedWords quoted = quote_python_words(text);
  return parse<AnyJson>(quoted.text, place,
                        [&quoted](std::size_t at) { return quoted.original(at); });
}

}  // namespace

Json parse_json(std::string_view text, const std::string& place, Index offset) {
  return parse_strict<Json>(text, place, offset);
}

SortedJson parse_sorted_json(std::string_view text, const std::string& place, Index offset) {
  return parse_strict<SortedJson>(text, place, offset);
}

Json parse_python_json(std::string_view text, const std::string& place) {
  return parse_python<Json>(text, place);
}

SortedJson parse_sorted_python_json(std::string_view text, const std::string& place) {
  return parse_python<SortedJson>(text, place);
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_text_file(path), path.string());
}

SortedJson read_sorted_json(const std::filesystem::path& path) {
  return parse_sorted_json(read_text_file(path), path.string());
}

}  // namespace nf
