#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eval/metrics/kl_tail.h"
#include "eval/report/section.h"
#include "tests/support/row_keys.h"
#include "tests/support/well_formed.h"

namespace nf {

inline constexpr Index kReportTokens = 100;  ///< scored in each window

/// A run of the model "m" in memory, 16 windows, to which tests add trials.
class ReportRunMaker {
 public:
  explicit ReportRunMaker(Index windows = 16) : windows_(windows) {
    contents_.dir = "runs/here";
    ModelIdentity& model = contents_.manifest.models.emplace_back();
    model.model = "m";
    model.windows = windows;
    contents_.manifest.rows.emplace();
    add("baseline", 0.0);
  }

  /// A trial whose tokens all have that KL, by a tenth more in every second window; ΔNLL is the
  /// same.
  Record& add(const std::string& name, double kl, Json vars = Json::object(),
              std::uint64_t seed = 0) {
    Record record{.id = name + vars.dump() + std::to_string(seed),
                  .name = name,
                  .model = "m",
                  .vars = std::move(vars),
                  .convention = "window/1"};
    if (name != "baseline") record.seed = seed;
    for (Index window = 0; window < windows_; ++window)
      record.windows.push_back(window_of(window, kl * (window % 2 == 0 ? 1.0 : 1.1)));
    contents_.manifest.rows->push_back(
        {.id = record.id, .name = name, .model = "m", .seed = record.seed, .vars = record.vars});
    contents_.records.push_back(std::move(record));
    contents_.manifest.csv_records = std::ssize(contents_.records);
    return contents_.records.back();
  }

  /// The key of what was added last.
  RowKey& key() { return contents_.manifest.rows->back(); }
  RunContents& contents() { return contents_; }

  ReportInput input() {
    ReportInput input;
    input.runs.push_back(make_report_run(contents_));
    return input;
  }

 private:
  static WindowSums window_of(Index window, double kl) {
    KlTail tail;
    for (Index token = 0; token < kReportTokens; ++token) tail.add(kl);
    const double total = kl * kReportTokens;
    return {.window = window,
            .sums = {.tokens = kReportTokens,
                     .nll = 3.0 * kReportTokens + total,
                     .kl = total,
                     .kl_reverse = total,
                     .top1 = kReportTokens,
                     .residual = kReportTokens * static_cast<double>(window + 1),
                     .tail = std::make_shared<PackedKlTail>(PackedKlTail::of(tail))}};
  }

  Index windows_;
  RunContents contents_{};
};

/// A run of these rows, all their text there, with a manifest that says nothing more.
inline ReportRun run_of_rows(std::vector<ResultRow> rows, const std::string& name = "here") {
  ReportRun run;
  run.name = name;
  run.rows = std::move(rows);
  run.keys = keys_of(run.rows);
  run.models = group_rows(run.rows);
  run.variables = sweep_variables(run.keys);
  run.finished_rows = std::ssize(run.rows);
  return run;
}
inline ReportInput input_of_rows(std::vector<ResultRow> rows) {
  ReportInput input;
  input.runs.push_back(run_of_rows(std::move(rows)));
  return input;
}

/// A name with all that must be written out, or runs from right to left.
inline const std::string kOddName = "w<4>&\"q\" 'x' \U0001F600 \u05E9\u05DC {{figure:x}}";

/// Whether all figures of a section are pictures, with a title and data, and its text is
/// well-formed.
inline testing::AssertionResult is_sound(const Section& section) {
  for (const ReportFigure& figure : section.figures) {
    if (figure.title.empty() || figure.caption.empty() || figure.csv.empty())
      return testing::AssertionFailure() << figure.id << " lacks a title, a caption or data";
    if (auto picture = is_picture(figure.svg); !picture) return picture << " in " << figure.id;
  }
  return is_well_formed(section.html);
}

/// Whether a piece stands in a text, which a failed test shows.
inline testing::AssertionResult has(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos ? testing::AssertionSuccess() << text
                                               : testing::AssertionFailure() << text;
}

/// The section of that id, as this program makes it; none where it has nothing to say.
inline std::optional<Section> section_of(const std::string& id, const ReportInput& input) {
  const SectionRegistry registry = SectionRegistry::builtin();
  for (const SectionKind& kind : registry.sections())
    if (kind.id == id) return kind.make(input);
  return std::nullopt;
}

}  // namespace nf
