#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eval/metrics/kl_tail.h"
#include "eval/report/section.h"

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
