#include "eval/experiment/point_errors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace nf {
namespace {

/// The place, of those in the tree, that a line begins with; the longest: "f:1:12" begins with
/// "f:1:1".
void find_place(const ConfigNode& tree, const std::string& line, ConfigPlace& longest) {
  const auto look_at = [&](const ConfigPlace& place) {
    const std::string text = place.str();
    if (line.starts_with(text + ": ") && text.size() > longest.str().size()) longest = place;
  };
  look_at(tree.place());
  for (const ConfigNode& item : tree.items()) find_place(item, line, longest);
  for (const ConfigEntry& entry : tree.entries()) {
    look_at(entry.key_place);
    find_place(entry.value, line, longest);
  }
}

/// The place "FILE:LINE:COL" that a line begins with, of a value outside the tree (`defaults`);
/// empty where it begins with none.
ConfigPlace place_before(const std::string& line, const std::string& source) {
  if (!line.starts_with(source + ":")) return {};
  long row = 0, column = 0;
  int length = 0;
  if (std::sscanf(line.c_str() + source.size(), ":%ld:%ld:%n", &row, &column, &length) != 2 ||
      length == 0)
    return {};
  return {.source = source, .line = row, .column = column};
}

/// "'a', 'b', 'c' and 2 more;" of "'a';", "'b';" and so on: a mark that all end with stands once.
std::string some_of(std::vector<std::string> texts) {
  constexpr std::size_t kMostTold = 3;
  std::string mark;
  for (const char* each : {";", ":", ","})
    if (std::all_of(texts.begin(), texts.end(),
                    [each](const std::string& text) { return text.ends_with(each); }))
      mark = each;
  for (std::string& text : texts) text.resize(text.size() - mark.size());
  const std::size_t told = std::min(texts.size(), kMostTold);
  const auto end = texts.begin() + static_cast<std::ptrdiff_t>(told);
  const std::string text = fmt::format("{}", fmt::join(texts.begin(), end, ", "));
  return (told == texts.size() ? text : fmt::format("{} and {} more", text, texts.size() - told)) +
         mark;
}

/// The words of a line, a quoted text with what stands right behind it as one.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    // An apostrophe within a word quotes nothing.
    if (c == '\'' && (is_quoted || i == 0 || line[i - 1] == ' ')) is_quoted = !is_quoted;
    if (c == ' ' && !is_quoted)
      words.emplace_back();
    else
      words.back() += c;
  }
  return words;
}

/// The places at which two lines of as many words differ.
std::vector<std::size_t> differences(const std::vector<std::string>& a,
                                     const std::vector<std::string>& b) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i]) places.push_back(i);
  return places;
}

}  // namespace

void PointErrors::add(const std::string& point, const ConfigErrors& found) {
  points_.insert(point);
  std::istringstream lines(found.message());
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("... and ")) add_line(point, line);
}

bool PointErrors::Mistake::is_like(const std::vector<std::string>& line) const {
  constexpr std::size_t kMostValues = 2;  // what was read, and what to write
  return line.size() == words.size() && line.size() > 2 * kMostValues &&
         differences(words, line).size() <= kMostValues;
}

void PointErrors::add_line(const std::string& point, const std::string& line) {
  ConfigPlace place;
  find_place(tree_, line, place);
  if (place.str().empty()) place = place_before(line, tree_.place().source);
  const bool has_place = !place.str().empty();
  std::vector<std::string> words = words_of(has_place ? line.substr(place.str().size() + 2) : line);
  if (!has_place) place = tree_.place();
  const auto find = [&](const auto& is_same) {
    return std::find_if(mistakes_.begin(), mistakes_.end(), [&](const Mistake& known) {
      return known.place.str() == place.str() && is_same(known);
    });
  };
  auto same = find([&](const Mistake& known) { return known.has_line(words); });
  // What one point says of several things, as of several keys that are missing, stays apart.
  if (same == mistakes_.end())
    same = find([&](const Mistake& known) {
      return known.is_like(words) && !known.points.contains(point);
    });
  if (same == mistakes_.end())
    same = mistakes_.insert(same, {.place = place, .words = words, .lines = {}, .points = {}});
  same->lines.insert(std::move(words));
  same->points.insert(point);
}

std::string PointErrors::Mistake::text(std::size_t all_points) const {
  std::set<std::size_t> places;
  for (const std::vector<std::string>& line : lines)
    for (const std::size_t at : differences(words, line)) places.insert(at);
  std::vector<std::string> told = words;
  if (places.size() == 1) {
    std::vector<std::string> values = {words[*places.begin()]};
    for (const std::vector<std::string>& line : lines)
      if (line[*places.begin()] != values.front()) values.push_back(line[*places.begin()]);
    told[*places.begin()] = some_of(values);
  }
  std::string line = fmt::format("{}", fmt::join(told, " "));
  // What is wrong at every point for one reason is not the sweep's.
  if (points.size() < 2 || (points.size() == all_points && places.empty())) return line;
  return fmt::format("{} ({} of {} points{})", line, points.size(), all_points,
                     places.size() > 1 ? ", this is the first" : "");
}

void PointErrors::tell(ConfigErrors& errors) const {
  for (const Mistake& mistake : mistakes_)
    errors.add(mistake.place, "", mistake.text(points_.size()));
}

}  // namespace nf
