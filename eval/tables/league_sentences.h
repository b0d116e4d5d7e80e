#pragma once

#include <string>
#include <vector>

#include "eval/predict/league.h"

namespace nf {

/// A correlation or a share with two decimals, more where it would look like 1 and is not: "0.97",
/// "0.998".
std::string correlation_text(double value);

/// The findings on one target of a model, in words, each a sentence: which of the predictors that
/// nearly all trials have orders them best, and of how many it is the best; whether it is better
/// than size alone, on the trials that were tested; which have to do with damage beyond size, how
/// much of it they explain, and whether any of that holds among the trials that do little damage.
/// Nothing is said to be better than the size without a p below 0.05 after Holm, and nothing is
/// held against the size where it stands in the target. Empty where the model has no trials with
/// the target.
std::vector<std::string> league_sentences(const League& league, const std::string& model,
                                          const LeagueTarget& target);

}  // namespace nf
