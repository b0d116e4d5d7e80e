#include "core/config/yaml_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "core/config/scalar.h"

namespace nf {
namespace {

constexpr std::size_t kColumns = 100;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_plain_character(char c) {
  const bool ascii = static_cast<unsigned char>(c) < 0x80U;
  return !ascii || is_alphanumeric(c) ||
         std::string_view("_./+-*()=<>$%@^~;' ").find(c) != std::string_view::npos;
}

/// True when `text` without quotes reads back as the same text, in block and in flow style. On the
/// safe side: what other YAML readers take for a truth value is quoted too.
bool can_be_plain(const std::string& text) {
  if (is_null_text(text) || meant_bool(text) || parse_number(text)) return false;
  if (text == "Null" || text == "NULL" || text.starts_with("...")) return false;
  if (!is_alphanumeric(text.front()) && text.front() != '_' && text.front() != '.') return false;
  return text.back() != ' ' && std::all_of(text.begin(), text.end(), is_plain_character);
}

std::string number_text(double value) {
  NF_CHECK(std::isfinite(value), "{} has no place in a configuration", value);
  std::array<char, 32> buffer{};  // the longest shortest double takes 24
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), result.ptr);
  // 1.0 stays a number with a fraction, so that it reads back as the same type.
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string text_text(const std::string& text) {
  return can_be_plain(text) ? text : Json(text).dump();  // JSON's quoting is YAML's double quotes
}

std::string flow(const Json& value) {
  if (value.is_string()) return text_text(value.get_ref<const std::string&>());
  if (value.is_number_float()) return number_text(value.get<double>());
  std::vector<std::string> parts;
  if (value.is_array()) {
    for (const Json& item : value) parts.push_back(flow(item));
    return fmt::format("[{}]", fmt::join(parts, ", "));
  }
  if (value.is_object()) {
    for (const auto& [key, part] : value.items()) {
      parts.push_back(fmt::format("{}: {}", text_text(key), flow(part)));
    }
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
  return value.dump();
}

/// Lists of lists or of mappings are easier to read one item a line, however short they are.
bool reads_well_as_flow(const Json& value) {
  return std::all_of(value.begin(), value.end(), [&](const Json& part) {
    return value.is_array() ? part.is_primitive() : part.is_primitive() || reads_well_as_flow(part);
  });
}

/// The text behind "key:" or "-": a space and the value on the same line when it fits behind
/// `column` characters, else nothing.
std::string on_the_same_line(const Json& value, std::size_t column) {
  const std::string line = " " + flow(value);
  const bool fits =
      column + line.size() <= kColumns && (value.is_primitive() || reads_well_as_flow(value));
  return fits || value.is_primitive() || value.empty() ? line : "";
}

/// The value in block style, every line indented by `indent` spaces and ended by a newline.
std::string block(const Json& value, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string out;
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, part] : value.items()) {
      const std::string head = fmt::format("{}{}:", margin, text_text(key));
      const std::string tail = on_the_same_line(part, head.size());
      out += tail.empty() ? fmt::format("{}\n{}", head, block(part, indent + 2))
                          : fmt::format("{}{}\n", head, tail);
    }
    return out;
  }
  if (value.is_array() && !value.empty()) {
    for (const Json& item : value) {
      const std::string tail = on_the_same_line(item, indent + 1);
      // The first line of a longer item moves up behind its dash.
      out += tail.empty()
                 ? fmt::format("{}- {}", margin, block(item, indent + 2).substr(indent + 2))
                 : fmt::format("{}-{}\n", margin, tail);
    }
    return out;
  }
  return fmt::format("{}{}\n", margin, flow(value));
}

}  // namespace

std::string to_yaml(const Json& value) { return block(value, 0); }

std::string to_flow_yaml(const Json& value) { return flow(value); }

}  // namespace nf
