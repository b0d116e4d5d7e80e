#include "eval/cli/report_file.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/read_file.h"
#include "eval/cli/window_texts.h"
#include "eval/records/file_names.h"
#include "eval/report/page.h"

namespace nf {
namespace {

RunContents read_run(const std::string& dir) {
  RunContents run = RunFolder::read(dir, RecordParts::all);
  if (run.records.empty())
    throw ConfigError((run.dir / kRecords).string() +
                      ": holds no records yet, there is nothing to report");
  return run;
}

std::string title_of(const std::vector<ReportRun>& runs) {
  std::string title;
  for (const ReportRun& run : runs) title += (title.empty() ? "" : ", ") + run.name;
  return title;
}

}  // namespace

ReportInput read_report_input(const std::vector<std::string>& folders, const KindsPtr& kinds,
                              const std::string& title) {
  ReportInput input;
  input.metrics = &kinds->metrics;
  std::set<std::string> names;
  for (const std::string& folder : folders) {
    ReportRun run = make_report_run(read_run(folder));
    run.window_text = window_texts(run.contents, kinds);
    const std::string own = run.name;
    for (int i = 2; !names.insert(run.name).second; ++i) run.name = fmt::format("{} ({})", own, i);
    input.runs.push_back(std::move(run));
  }
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
