#include "eval/predict/site_law.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"

namespace nf {

double SiteLaw::weight(const std::string& site) const {
  const std::optional<double> alpha =
      coverage ? coverage->exponents().alpha(site) : additive->alpha(site);
  if (!alpha)
    throw ConfigError(fmt::format(
        "{}: no noise of `each` has acted there with a KL above rounding, so what it costs is not "
        "known; add a trial such as {{name: alpha, each: site, perturb: gaussian l2=0.1}} on all "
        "sites, or a larger one, and run it",
        site));
  return *alpha;
}

double SiteLaw::damage(double sum) const {
  return coverage ? -coverage->cap() * std::expm1(-sum) : sum;
}

SiteLaw fit_site_law(LawKind kind, SizeMeasure measure, const std::string& model,
                     const std::vector<ResultRow>& rows) {
  std::vector<const ResultRow*> each, noise;
  for (const ResultRow& row : rows) {
    if (row.key.model != model || !is_sized_noise(row.key)) continue;
    noise.push_back(&row);
    if (is_noise_of_each(row.key)) each.push_back(&row);
  }
  SiteLaw law;
  if (kind == LawKind::additive)
    law.additive = AdditiveLaw::fit(each, measure);
  else
    law.coverage = CoverageLaw::fit(noise, measure);
  if (law.additive || law.coverage) return law;
  throw ConfigError(fmt::format(
      "{}: no {} law of {} can be fitted{}; `noisefloor law --kind {}` says more", model,
      law_kind_name(kind), size_measure_name(measure),
      each.empty() ? ": there is no noise of `each`; add a trial such as {name: alpha, each: site, "
                     "perturb: gaussian l2=0.1} and run it"
                   : "",
      law_kind_name(kind)));
}

}  // namespace nf
