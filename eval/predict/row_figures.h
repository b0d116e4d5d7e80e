#pragma once

#include <functional>
#include <optional>

#include "eval/predict/predictor.h"

namespace nf {

/// The statistics of δ at a site that predictors go by: of an input those on the calibration set
/// where there are some, which know nothing of the evaluated text.
const DistortionStats& stats_of(const SiteStats& site);
/// Whether these are more than the energies.
bool has_all_stats(const SiteStats& site);

/// Makes a predictor that learns from nothing: it is a figure of the row's sites alone.
std::function<RowPredictor(const PredictorEvidence& evidence)> of_row(RowPredictor figure);

/// A figure of all values at the distorted sites of a row together. None where nothing is
/// distorted, where the figure has no value, and, but for one that energies are enough for, where a
/// site has no more than these.
enum class PooledNeeds { all, energies };
RowPredictor pooled_figure(double (*figure)(const DistortionStats& stats),
                           PooledNeeds needs = PooledNeeds::all);

/// A figure of one site; none where the site lacks what it needs.
using SiteValue = std::optional<double> (*)(const SiteStats& site);
/// The sum of a figure over the distorted sites of a row. None where a site has none, since the
/// rest would be the figure of another δ, and where nothing is distorted.
RowPredictor summed_figure(SiteValue figure);
/// The largest one.
RowPredictor largest_figure(SiteValue figure);

}  // namespace nf
