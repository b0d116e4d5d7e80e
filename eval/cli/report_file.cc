#include "eval/cli/report_file.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/read_file.h"
#include "eval/cli/command.h"
#include "eval/cli/unbegun_attempt.h"
#include "eval/cli/window_texts.h"
#include "eval/records/file_names.h"
#include "eval/records/run_place.h"
#include "eval/report/page.h"

namespace nf {
namespace {

std::string no_records(const RunContents& run) {
  return (run.dir / kRecords).string() + ": holds no records yet, ";
}

std::string title_of(const std::vector<ReportRun>& runs) {
  std::string title;
  for (const ReportRun& run : runs) title += (title.empty() ? "" : ", ") + run.name;
  return title;
}

}  // namespace

std::vector<std::string> distinct_folders(const std::vector<std::string>& folders) {
  std::vector<std::string> distinct;
  std::set<std::filesystem::path> known;
  for (const std::string& folder : folders) {
    std::error_code error;
    const auto place = std::filesystem::canonical(run_folder_at(folder), error);
    if (error || known.insert(place).second) distinct.push_back(folder);  // what is none is told
  }
  return distinct;
}

ReportInput read_report_input(const std::vector<std::string>& folders, const KindsPtr& kinds,
                              const std::string& title) {
  ReportInput input;
  input.metrics = &kinds->metrics;
  std::set<std::string> names;
  const std::vector<std::string> distinct = distinct_folders(folders);
  std::vector<std::string> left_out;
  for (const std::string& folder : distinct) {
    if (is_unbegun_attempt(folder)) {
      left_out.push_back(folder + ": its worker has recorded nothing yet, ");
      continue;
    }
    RunContents contents = RunFolder::read(folder, RecordParts::all);
    if (contents.records.empty()) {
      left_out.push_back(no_records(contents));
      continue;
    }
    ReportRun run = make_report_run(std::move(contents));
    run.window_text = window_texts(run.contents, kinds);
    const std::string own = run.name;
    for (int i = 2; !names.insert(run.name).second; ++i) run.name = fmt::format("{} ({})", own, i);
    input.runs.push_back(std::move(run));
  }
  if (input.runs.empty()) throw ConfigError(left_out.front() + "there is nothing to report");
  for (const std::string& one : left_out) print_warnings({one + "it is left out"});
  input.title = title.empty() ? title_of(input.runs) : title;
  return input;
}

void write_marked_file(const std::filesystem::path& file, const std::string& text,
                       const std::string& mark) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored) &&
      (!std::filesystem::is_regular_file(file, ignored) || !read_text_file(file).starts_with(mark)))
    throw ConfigError(fmt::format(
        "--out {}: is there already and was not written by 'noisefloor report'; choose another "
        "name",
        file.string()));
  write_file_atomically(file, text);
}

void write_report(const std::filesystem::path& folder, const KindsPtr& kinds) {
  const ReportInput input = read_report_input({folder.string()}, kinds, "");
  write_marked_file(folder / kReport,
                    report_page(input, make_sections(input, SectionRegistry::builtin())),
                    kPageMark);
}

}  // namespace nf
