#include "eval/verify/verify_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/base/counted.h"

namespace nf {
namespace {

std::optional<double> number_of(const std::string& text) {
  double value = 0.0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

double relative_difference(const RecordDifference& difference) {
  const std::optional<double> a = number_of(difference.first), b = number_of(difference.second);
  if (!a || !b || *a == *b) return 0.0;
  return std::abs(*a - *b) / std::max(std::abs(*a), std::abs(*b));
}

}  // namespace

void VerifyReport::add(const std::string& what, const std::vector<RecordDifference>& differences) {
  ++rerun;
  if (differences.empty()) return;
  ++different_records;
  different_figures += std::ssize(differences);
  for (const RecordDifference& difference : differences) {
    if (std::ssize(lines) < kShown)
      lines.push_back(fmt::format("{}: {}: {}: stored {}, now {}", what, difference.where,
                                  difference.figure, difference.first, difference.second));
    const std::string figure = difference.figure.substr(difference.figure.rfind('.') + 1);
    const bool is_sum = difference.where.starts_with("window ") && figure == difference.figure;
    if (!is_sum && !difference.where.starts_with("question ")) continue;
    if (const double relative = relative_difference(difference); relative > 0.0)
      largest[figure] = std::max(largest[figure], relative);
  }
}

std::string VerifyReport::text() const {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  if (const Index more = different_figures - std::ssize(lines); more > 0)
    text += fmt::format("and {}\n", counted(more, "more figure"));
  if (different_figures > kShown) {
    std::string figures;
    for (const auto& [figure, relative] : largest)
      figures += fmt::format("{}{} {:.2g}", figures.empty() ? "" : ", ", figure, relative);
    if (!figures.empty()) text += "largest relative differences: " + figures + '\n';
  }
  const auto skip = [&text](Index count, const char* why) {
    if (count > 0) text += fmt::format("{} skipped: {}\n", counted(count, "record"), why);
  };
  skip(skipped.no_trial, "of trials that the experiment has no more");
  skip(skipped.other_env,
       "made on a machine whose products have other bits; --any-env runs them too");
  skip(skipped.no_items, "failed, and an earlier version of the program did not note on what");
  if (files) {
    for (const std::string& line : files->lines) text += line + '\n';
    if (!files->older.empty())
      text += "csv files are older than the records: " + files->older +
              "; `noisefloor run` makes them again\n";
  }
  if (damaged_plan)
    text += fmt::format("warning: {}; the account of calls is lost, no record depends on it\n",
                        *damaged_plan);
  if (interrupted) text += fmt::format("interrupted, {} were to be re-run\n", chosen);
  text += fmt::format("{} of {} re-run", rerun, counted(records, "record"));
  if (rerun == 0) return text + files_text() + '\n';
  if (different_figures == 0)
    return text + ", windows and sites equal bit for bit" + files_text() + '\n';
  return text +
         fmt::format(": {} in {} of them {}", counted(different_figures, "figure"),
                     different_records, different_figures == 1 ? "differs" : "differ") +
         files_text() + '\n';
}

std::string VerifyReport::files_text() const {
  if (!files) return "";
  if (!files->older.empty()) return "; csv files not compared";
  if (files->different == 0)
    return fmt::format("; {} equal byte for byte", counted(files->count, "csv file"));
  return fmt::format("; {} of {} {}", files->different, counted(files->count, "csv file"),
                     files->different == 1 ? "differs" : "differ");
}

}  // namespace nf
