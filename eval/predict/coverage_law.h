#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/predict/additive_law.h"

namespace nf {

/// The trial that distorts all that several trials of `each` distort one by one, in the same way:
/// what tells how far their damages fall short of their sum.
struct LawCorner {
  std::size_t all = 0;               ///< the line, by its place among those of the fit
  std::vector<std::size_t> parts{};  ///< the lines of `each`, in ascending order
};

/// Solves whole = c(1 − Π(1 − f_i/c)) for c > max f_i. None unless max f_i < whole < Σ f_i: there
/// is no such c then, and the law does not hold.
std::optional<double> solve_cap(std::span<const double> singles, double whole);

/// The damage saturates: f(S) = c(1 − Π_{i∈S}(1 − a_i)) = c(1 − e^(−Σ b_i)), b_i = −ln(1 − a_i)
/// (arXiv 2607.12266), b_i = β_i·t_i². The cap c comes from the corner of the greatest damage, β_i
/// from f_i = c·a_i of the lines that distort part i alone, as AdditiveLaw's α.
class CoverageLaw {
 public:
  /// Fits to noise of one model: what `each` made is fitted, and other rows of the same entries
  /// that distort all of its sites are corners. None where there is no corner, or no c for the
  /// corner of the greatest damage.
  static std::optional<CoverageLaw> fit(std::span<const ResultRow* const> rows,
                                        SizeMeasure measure = SizeMeasure::l2);
  /// The same for lines and their damages. `singles`: places of the lines that parts are made of.
  static std::optional<CoverageLaw> fit_lines(const std::vector<LawLine>& lines,
                                              std::span<const double> damages,
                                              std::span<const std::size_t> singles,
                                              const LawCorner& corner, SizeMeasure measure);

  /// KL in nats a token; none where the row lacks the measure or distorts a site of no part.
  std::optional<double> predict(const ResultRow& row) const;
  std::optional<double> predict(const SiteSizes& sizes) const;
  /// Σ b_i = Σ β_i·t_i², which orders trials as predict() does.
  std::optional<double> exponent(const ResultRow& row) const;

  /// The derivatives of predict() in the damages of the lines of the fit, one each, the corner
  /// among them.
  std::vector<double> slopes(const SiteSizes& sizes) const;
  double cap() const { return cap_; }  ///< c, nats
  /// The derivatives of cap() in these damages.
  const std::vector<double>& cap_slopes() const { return cap_slopes_; }
  const AdditiveLaw& exponents() const { return exponents_; }  ///< its α are the β

 private:
  double cap_ = 0.0;
  std::vector<double> cap_slopes_{}, damages_{};
  AdditiveLaw exponents_{};
};

/// The corners among lines of noise, in their order: a line that no design made, or the "all" of
/// `pairs`, with the lines of `each` that have its entries and sites.
std::vector<LawCorner> law_corners(const std::vector<LawLine>& lines);

}  // namespace nf
