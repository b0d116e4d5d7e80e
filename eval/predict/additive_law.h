#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/predict/law_line.h"

namespace nf {

/// Some sites that are distorted together in all that a law is fitted on, so that their shares of
/// the damage cannot be told apart: all sites of a layer, or one site.
struct LawPart {
  std::string name{};                ///< the level of `each`, or the site
  std::vector<std::string> sites{};  ///< in ascending order
  std::vector<std::size_t> lines{};  ///< of those it is fitted on, by their place
  double alpha = 0.0;                ///< damage for t² = 1 at all of them, nats
};

/// The damage adds up: KL = Σ_i α_i·t_i², over the parts i of a model (arXiv 2411.17525, where t is
/// the relative L2 error of a layer and α_i comes from Gaussian noise in that layer alone). t_i² of
/// a part is the mean over its sites, those that are not distorted counting 0. α_i is the geometric
/// mean of KL/t_i² over the lines that distort this part alone, all doses counting alike.
class AdditiveLaw {
 public:
  /// Fits to rows of one model, seeds pooled. Rows without the measure, without a KL or with one
  /// that may be rounding are passed over. Of rows that overlap (one layer, one of its sites) those
  /// of fewer sites make the parts. None where no row is left.
  static std::optional<AdditiveLaw> fit(std::span<const ResultRow* const> rows,
                                        SizeMeasure measure = SizeMeasure::l2);
  /// The same for lines and their damages, one each; one that is not above 0 (or NaN) is passed
  /// over.
  static std::optional<AdditiveLaw> fit_lines(const std::vector<LawLine>& lines,
                                              std::span<const double> damages, SizeMeasure measure);

  /// KL in nats a token; none where the row lacks the measure or distorts a site of no part.
  std::optional<double> predict(const ResultRow& row) const;
  std::optional<double> predict(const SiteSizes& sizes) const;
  /// Damage for t² = 1 at that site alone, nats: its part's α over the number of its sites.
  std::optional<double> alpha(const std::string& site) const;
  /// The derivatives of predict() in the damages of the lines it is fitted on, one each. Their sum,
  /// weighted by these damages, is predict() itself.
  std::vector<double> slopes(const SiteSizes& sizes) const;

  const std::vector<LawPart>& parts() const { return parts_; }
  SizeMeasure measure() const { return measure_; }

 private:
  std::vector<LawPart> parts_{};
  std::map<std::string, double> alphas_{};  ///< by site
  std::vector<double> damages_{};           ///< of the lines of the fit
  SizeMeasure measure_ = SizeMeasure::l2;
};

}  // namespace nf
