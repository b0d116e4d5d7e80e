#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/predict/coverage_law.h"
#include "eval/predict/law_report.h"

namespace nf {

/// A law that weighs single sites, of either kind; one of the two is there.
struct SiteLaw {
  std::optional<AdditiveLaw> additive{};
  std::optional<CoverageLaw> coverage{};

  /// Damage, or its exponent, for t² = 1 at a site. Throws ConfigError, with the trial to add, for
  /// one that no noise of `each` has acted at.
  double weight(const std::string& site) const;
  /// KL, nats, where Σ weight·t² is `sum`.
  double damage(double sum) const;
};

/// Fits to the noise of a model. rows: of its run. Throws ConfigError where no such law can be
/// fitted.
SiteLaw fit_site_law(LawKind kind, SizeMeasure measure, const std::string& model,
                     const std::vector<ResultRow>& rows);

}  // namespace nf
