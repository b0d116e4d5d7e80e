#include "eval/analysis/kl_ratio.h"

#include <fmt/format.h>

#include <span>
#include <vector>

#include "eval/results/figures.h"

namespace nf {
namespace {

/// The reason why a mean of KL cannot be divided by, or divided; empty where it can.
std::string why_no_kl(double kl, const std::optional<double>& floor, const std::string& whose) {
  if (!(kl > 0.0)) return fmt::format("KL of {} is 0", whose);
  if (floor && is_below_floor(kl, *floor))
    return fmt::format("KL of {} is below {} floors", whose, kFloorsToTrust);
  return "";
}

double mean_of(std::span<const BlockSums> rows) { return estimate_mean(rows).mean; }

}  // namespace

LogRatio kl_ratio(const SeedPairs& rows, const ResultRow& baseline, const std::string& against,
                  const std::string& trial) {
  std::vector<const ResultRow*> all = rows.against;
  all.insert(all.end(), rows.trial.begin(), rows.trial.end());
  const Figure figure = kl_figure();
  const std::vector<BlockSums> blocks = common_blocks(figure_blocks(figure, all, baseline));
  if (blocks.empty() || blocks.front().empty()) return {.note = "no text that both have"};
  const auto end_of_first = blocks.begin() + std::ssize(rows.against);
  const RatioRows ratio{.first = {blocks.begin(), end_of_first},
                        .second = {end_of_first, blocks.end()},
                        .apart = rows.pairing == SeedPairing::apart,
                        .watched = is_watched(figure, all)};
  const std::optional<double>& floor = baseline.kl_floor;
  const std::string of_against = why_no_kl(mean_of(ratio.first), floor, against);
  if (!of_against.empty()) return {.note = of_against};
  const double kl = mean_of(ratio.second);
  const std::string of_trial = why_no_kl(kl, floor, trial);
  if (!(kl > 0.0)) return {.ratio = 0.0, .note = of_trial};  // a ratio without a logarithm
  if (are_equal(rows))
    return {.ratio = 1.0, .interval = Interval{1.0, 1.0}, .note = "equal bit for bit"};
  LogRatio found = log_ratio_of_means(ratio);
  if (!of_trial.empty()) found.note += (found.note.empty() ? "" : "; ") + of_trial;
  return found;
}

}  // namespace nf
