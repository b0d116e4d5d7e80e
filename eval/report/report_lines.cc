#include "eval/report/report_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "eval/tables/finding.h"

namespace nf {
namespace {

constexpr double kPercent = 100.0;

std::string text_of(const std::optional<FigureEstimate>& estimate, double unit) {
  if (!estimate) return "";
  std::optional<double> low, high;
  if (estimate->interval) {
    low = estimate->interval->low * unit;
    high = estimate->interval->high * unit;
  }
  return interval_text(estimate->mean.mean * unit, low, high, "");
}

}  // namespace

std::string ShownLines::remark() const {
  if (left_out == 0) return "";
  return fmt::format("Shown are the {} of {} trials with the largest KL.", lines.size(),
                     std::ssize(lines) + left_out);
}

ShownLines shown_lines(const ModelLines& model, Index most) {
  std::vector<std::pair<double, const ResultLine*>> found;
  for (const ResultLine& line : model.lines) {
    if (line.key().name == "baseline" || is_factorial_run(line)) continue;
    if (const auto kl = figure_mean(kl_figure(), line.samples(), model.baseline))
      found.emplace_back(*kl, &line);
  }
  std::vector<std::pair<double, const ResultLine*>> largest = found;
  std::stable_sort(largest.begin(), largest.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  largest.resize(std::min(largest.size(), static_cast<std::size_t>(most)));
  ShownLines shown{.left_out = std::ssize(found) - std::ssize(largest)};
  for (const auto& [kl, line] : found)
    if (std::any_of(largest.begin(), largest.end(),
                    [line = line](const auto& each) { return each.second == line; }))
      shown.lines.push_back(line);
  return shown;
}

std::string estimate_text(const std::optional<FigureEstimate>& estimate) {
  return text_of(estimate, 1.0);
}

std::string percent_text(const std::optional<FigureEstimate>& estimate) {
  const std::string text = text_of(estimate, kPercent);
  return text.empty() ? "" : text + " %";
}

std::string ratio_text(const LogRatio& ratio) {
  if (!ratio.ratio) return ratio.note;
  if (!ratio.interval) return interval_text(*ratio.ratio, {}, {}, "");
  if (ratio.interval->low == ratio.interval->high) return interval_text(*ratio.ratio, {}, {}, "");
  return interval_text(*ratio.ratio, ratio.interval->low, ratio.interval->high, "");
}

std::optional<Interval> kl_interval(const FigureEstimate& kl) {
  if (kl.interval || kl.mean.mean != 0.0) return kl.interval;
  return Interval{0.0, 0.0};
}

namespace {

/// Of intervals that are known; none where one is not.
std::optional<bool> share_values(const FigureEstimate& a, const FigureEstimate& b) {
  const std::optional<Interval> first = kl_interval(a), second = kl_interval(b);
  if (!first || !second) return std::nullopt;
  return first->low <= second->high && second->low <= first->high;
}

}  // namespace

bool lie_apart(const FigureEstimate& a, const FigureEstimate& b) {
  return share_values(a, b) == std::optional(false);
}

bool overlap(const FigureEstimate& a, const FigureEstimate& b) {
  return share_values(a, b) == std::optional(true);
}

}  // namespace nf
