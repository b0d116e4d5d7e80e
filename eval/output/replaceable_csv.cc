#include "eval/output/replaceable_csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "eval/output/csv_reader.h"

namespace nf {

namespace {

/// The columns of a csv file; empty where it is something else.
std::vector<std::string> header_of(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return {};
  const std::string text = read_text_file(file);
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return {};
  const auto lines = parse_csv(std::string_view(text).substr(0, end));
  return lines.empty() ? std::vector<std::string>() : lines.front();
}

bool is_ours(const std::vector<std::string>& header, const std::string& stem,
             const std::vector<std::string>& end) {
  const std::vector<std::string> begin = {"id", "name", "model", "seed"};
  return header.size() >= begin.size() + end.size() &&
         std::equal(begin.begin(), begin.end(), header.begin()) &&
         std::equal(end.begin(), end.end(), header.end() - std::ssize(end),
                    [&stem](const std::string& own, const std::string& column) {
                      return column == own || column == stem + '_' + own;
                    });
}

bool is_there(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(file, ignored));
}

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
  throw ConfigError(
      fmt::format("--csv {}: is there already and no {} of noisefloor; choose another name",
                  file.string(), what));
}

}  // namespace

void check_replaceable_csv(const std::filesystem::path& file, const std::string& stem,
                           const std::vector<std::string>& end, const std::string& what) {
  if (is_there(file) && !is_ours(header_of(file), stem, end)) refuse(file, what);
}

void check_replaceable_csv(const std::filesystem::path& file,
                           const std::vector<std::string>& columns, const std::string& what) {
  if (is_there(file) && header_of(file) != columns) refuse(file, what);
}

}  // namespace nf
