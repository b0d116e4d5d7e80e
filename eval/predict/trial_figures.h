#pragma once

#include <optional>
#include <vector>

#include "eval/predict/league_trials.h"
#include "eval/predict/predictor.h"

namespace nf {

/// A predictor's figure of each trial of a model, the mean over its seeds; none where one of them
/// has none. [trials]
using TrialFigures = std::vector<std::optional<double>>;

/// Figures of a predictor; of one that learns from outcomes each trial's is learned from the rows
/// of other names alone, so that it never knows what it is to predict.
TrialFigures trial_figures(const Predictor& predictor, const LeagueModel& model);
/// The same learned from the noise (is_sized_noise()) among these rows.
TrialFigures trial_figures(const Predictor& predictor, const LeagueModel& model,
                           const std::vector<const ResultRow*>& training);

/// The figure as the logarithm of the damage is expected to grow with it: its own logarithm, but of
/// decibels themselves. None at or below 0.
std::optional<double> log_figure(const Predictor& predictor, std::optional<double> figure);

}  // namespace nf
