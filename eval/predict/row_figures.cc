#include "eval/predict/row_figures.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace nf {
namespace {

std::optional<double> if_finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// The figures of all sites joined by `join`; none where one is missing.
template <class Join>
std::optional<double> over_sites(const ResultRow& row, SiteValue figure, Join join) {
  if (row.failed() || row.sites.empty()) return std::nullopt;
  double joined = 0.0;
  for (const SiteStats& site : row.sites) {
    const std::optional<double> value = figure(site);
    if (!value) return std::nullopt;
    joined = join(joined, *value);
  }
  return if_finite(joined);
}

}  // namespace

const DistortionStats& stats_of(const SiteStats& site) {
  return site.predictor && site.predictor->on_calibration ? *site.predictor->on_calibration
                                                          : site.stats;
}

bool has_all_stats(const SiteStats& site) {
  return site.complete || (site.predictor && site.predictor->on_calibration);
}

std::function<RowPredictor(const PredictorEvidence& evidence)> of_row(RowPredictor figure) {
  return [figure = std::move(figure)](const PredictorEvidence&) { return figure; };
}

RowPredictor pooled_figure(double (*figure)(const DistortionStats& stats), PooledNeeds needs) {
  return [figure, needs](const ResultRow& row) -> std::optional<double> {
    if (row.failed()) return std::nullopt;
    DistortionStats pool;
    for (const SiteStats& site : row.sites) {
      if (needs == PooledNeeds::all && !has_all_stats(site)) return std::nullopt;
      pool.merge(stats_of(site));
    }
    return pool.count == 0 ? std::nullopt : if_finite(figure(pool));
  };
}

RowPredictor summed_figure(SiteValue figure) {
  return [figure](const ResultRow& row) {
    return over_sites(row, figure, [](double sum, double value) { return sum + value; });
  };
}

RowPredictor largest_figure(SiteValue figure) {
  return [figure](const ResultRow& row) {
    return over_sites(row, figure, [](double most, double value) { return std::max(most, value); });
  };
}

}  // namespace nf
