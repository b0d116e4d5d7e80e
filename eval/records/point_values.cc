#include "eval/records/point_values.h"

#include <fnmatch.h>

#include <algorithm>
#include <cctype>

#include "eval/output/csv.h"
#include "eval/output/value_label.h"
#include "eval/records/status.h"

namespace nf {
namespace {

/// Whether the text is the value, by the word of tables or as an experiment file may have it.
bool is_value(const std::string& text, const Json& value) {
  const std::string label = csv_value(value);
  if (label == text) return true;
  if (value.is_number()) {
    const Json written = written_value(text);
    return written.is_number() && written == value;
  }
  // A file may have the word of tables itself, of which this is the long form.
  if (!text.starts_with('{') && !text.starts_with('[')) return false;
  const Json written = written_value(text);
  return written.is_structured() && csv_value(written) == label;
}

bool is_matched(const std::string& pattern, const Json& value) {
  return pattern.find_first_of("*?[") != std::string::npos &&
         ::fnmatch(pattern.c_str(), csv_value(value).c_str(), 0) == 0;
}

}  // namespace

std::optional<PointValues> split_point_values(const std::string& text,
                                              const std::vector<std::string>& variables) {
  const auto is_variable = [&variables](const std::string& name) {
    return variables.empty() ||
           std::find(variables.begin(), variables.end(), name) != variables.end();
  };
  PointValues point;
  std::string last;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(", ", begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::size_t equal = part.find('=');
    if (equal != std::string::npos && equal > 0 &&
        (last.empty() || is_variable(part.substr(0, equal)))) {
      last = part.substr(0, equal);
      if (point.values.contains(last) && point.twice.empty()) point.twice = last;
      point.values[last] = part.substr(equal + 1);
    } else if (!last.empty()) {
      point.values[last] += text[begin - 1] + part;
    } else {
      return std::nullopt;
    }
    begin = end + 1;
  }
  return point;
}

std::vector<std::string> value_choices(const std::string& text) {
  std::vector<std::string> choices(1);
  int open = 0;
  for (const char c : text) {
    if (c == '{' || c == '[') ++open;
    if (c == '}' || c == ']') --open;
    if (c == ',' && open <= 0)
      choices.emplace_back();
    else if (c != ' ' || !choices.back().empty())  // "4, 5"
      choices.back() += c;
  }
  return choices;
}

bool means_value(const std::string& text, const Json& value) {
  if (is_value(text, value) || is_matched(text, value)) return true;
  const std::vector<std::string> choices = value_choices(text);
  return choices.size() > 1 &&
         std::any_of(choices.begin(), choices.end(), [&value](const std::string& choice) {
           return is_value(choice, value) || is_matched(choice, value);
         });
}

std::string without_notes(const std::string& text) {
  const std::size_t open = text.rfind(" (");
  if (open == std::string::npos || !text.ends_with(')')) return text;
  std::string notes = text.substr(open + 2, text.size() - open - 3);
  const std::string partial = status_name(Status::partial);
  if (notes == partial) return text.substr(0, open);
  if (notes.ends_with(", " + partial)) notes.resize(notes.size() - partial.size() - 2);
  const bool counts = (notes.ends_with(" seeds") || notes.ends_with(" seed")) &&
                      std::isdigit(static_cast<unsigned char>(notes[0])) != 0;
  return counts ? text.substr(0, open) : text;
}

}  // namespace nf
