#include "eval/verify/verify_files.h"

#include <fmt/format.h>

#include "core/base/printable.h"
#include "core/base/version.h"
#include "core/io/read_file.h"
#include "eval/output/csv_reader.h"
#include "eval/results/run_results.h"
#include "eval/tables/result_files.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

/// The first field in which two lines differ: "kl: stored '1', the records give '2'"; where they
/// have not the same columns, the lines.
std::string difference_of(std::string_view header, std::string_view stored, std::string_view now) {
  const auto fields = [](std::string_view line) {
    const auto lines = parse_csv(line);
    return lines.empty() ? std::vector<std::string>() : lines.front();
  };
  const std::vector<std::string> columns = fields(header), a = fields(stored), b = fields(now);
  if (a.size() == columns.size() && b.size() == columns.size() && header != now)
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (a[i] != b[i])
        return fmt::format("{}: stored '{}', the records give '{}'", columns[i], printable(a[i]),
                           printable(b[i]));
  return fmt::format("stored '{}', the records give '{}'",
                     printable(stored.substr(0, stored.find('\n'))),
                     printable(now.substr(0, now.find('\n'))));
}

/// The difference of a file from what it should be; empty where there is none.
std::string difference(const fs::path& path, const std::string& now) {
  const std::string name = path.string();
  if (!fs::exists(path)) return now.empty() ? "" : name + ": is missing";
  if (now.empty()) return name + ": is there, but this run has nothing for it";
  const std::string stored = read_text_file(path);
  if (stored == now) return "";
  const auto before = lines_of(stored), after = lines_of(now);
  std::size_t line = 0;
  while (line < before.size() && line < after.size() && before[line] == after[line]) ++line;
  if (line == after.size())
    return fmt::format("{}:{}: is too much, the file should end before it", name, line + 1);
  if (line == before.size())
    return fmt::format("{}:{}: is missing, the records give '{}'", name, line + 1,
                       printable(after[line].substr(0, after[line].find('\n'))));
  return fmt::format("{}:{}: {}", name, line + 1,
                     difference_of(after.front(), before[line], after[line]));
}

/// The reason why files may be older than the records; empty where they are not.
std::string excuse(const RunContents& contents) {
  const std::optional<Index>& made_of = contents.manifest.csv_records;
  if (!made_of)
    return "the run goes on, or was stopped hard, or an earlier version of the program made them";
  if (*made_of != std::ssize(contents.records))
    return fmt::format("they were made of {} records, there are {}", *made_of,
                       contents.records.size());
  return "";
}

/// The version that made the files, where it was another: columns may have come since.
std::string other_version(const Json& about) {
  const auto text = [&about](const char* key) {
    const auto found = about.find(key);
    return found != about.end() && found->is_string() ? printable(found->get<std::string>()) : "";
  };
  if (text("version") == version() && text("git") == git_hash()) return "";
  return fmt::format("the csv files are by version {} ({}), this is {} ({})", text("version"),
                     text("git"), version(), git_hash());
}

}  // namespace

VerifyReport::Files verify_files(const RunContents& contents, const MetricRegistry& metrics) {
  VerifyReport::Files files;
  const FollowedSearches searches = searches_of(contents);
  const std::vector<ResultRow> rows =
      build_results(searches.rows(), contents.records, contents.manifest.models);
  for (const ResultFile& file : result_files(rows, searches, metrics, contents.manifest.tasks)) {
    const std::string told = difference(contents.dir / file.name, file.text);
    if (!file.text.empty() || !told.empty()) ++files.count;
    if (told.empty()) continue;
    files.lines.push_back(told);
    ++files.different;
  }
  if (files.lines.empty()) return files;
  if (const std::string why = excuse(contents); !why.empty()) return {.older = why};
  if (const std::string made_by = other_version(contents.manifest.about); !made_by.empty())
    files.lines.push_back(made_by);
  return files;
}

}  // namespace nf
