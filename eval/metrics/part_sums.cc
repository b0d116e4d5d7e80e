#include "eval/metrics/part_sums.h"

#include <algorithm>
#include <cmath>

#include "eval/metrics/kl_tail.h"
#include "eval/metrics/scored_token.h"
#include "eval/metrics/summed_figures.h"

namespace nf {

void PartSums::add(const ScoredToken& token) {
  ++tokens;
  for (const SummedFigure& figure : summed_figures()) {
    const double value = figure.of_token(token);
    if (figure.lacking != nullptr && std::isnan(value))
      this->*figure.lacking = true;
    else
      figure.set(figure.sum_of(*this) + value, *this);
  }
}

void PartSums::add(const PartSums& more) {
  tokens += more.tokens;
  for (const SummedFigure& figure : summed_figures()) {
    if (figure.is_count())
      this->*figure.count += more.*figure.count;
    else
      this->*figure.sum += more.*figure.sum;
    if (!figure.is_known(more)) this->*figure.lacking = true;
  }
}

bool PartSums::is_finite() const {
  const std::span<const SummedFigure> figures = summed_figures();
  return std::all_of(figures.begin(), figures.end(), [this](const SummedFigure& figure) {
    return std::isfinite(figure.sum_of(*this));
  });
}

bool PartSums::operator==(const PartSums& other) const {
  const bool both = tail != nullptr && other.tail != nullptr;
  if (both ? *tail != *other.tail : tail != other.tail) return false;
  const std::span<const SummedFigure> figures = summed_figures();
  return tokens == other.tokens &&
         std::all_of(figures.begin(), figures.end(), [&](const SummedFigure& figure) {
           return figure.is_known(*this) == figure.is_known(other) &&
                  figure.sum_of(*this) == figure.sum_of(other);
         });
}

}  // namespace nf
