#include "eval/run/finite_problem.h"

#include <fmt/format.h>

#include "core/ops/elementwise.h"

namespace nf {

std::string finite_problem(const std::string& site, ConstMatrixView distorted, Index first_row) {
  const Index bad = first_non_finite(distorted);
  if (bad < 0) return {};
  return fmt::format("{}: x̃ is not finite at [{}, {}]", site, first_row + bad / distorted.cols(),
                     bad % distorted.cols());
}

}  // namespace nf
