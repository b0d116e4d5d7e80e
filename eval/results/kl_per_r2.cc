#include "eval/results/kl_per_r2.h"

namespace nf {

std::optional<double> kl_of(const ResultRow& row) {
  if (row.failed() || row.text.sums.tokens == 0) return std::nullopt;
  return row.text.sums.kl / static_cast<double>(row.text.sums.tokens);
}

std::optional<double> kl_per_r2(const ResultRow& row) {
  const std::optional<double> kl = kl_of(row);
  if (!kl || row.relative_l2_weight.has_value() == row.relative_l2_input.has_value())
    return std::nullopt;
  const double r = row.relative_l2_weight ? *row.relative_l2_weight : *row.relative_l2_input;
  return r > 0.0 ? std::optional(*kl / (r * r)) : std::nullopt;
}

}  // namespace nf
