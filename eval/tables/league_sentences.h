#pragma once

#include <string>
#include <vector>

#include "eval/predict/league.h"

namespace nf {

/// A correlation or a share with two decimals, more where it would look like 1 and is not: "0.97",
/// "0.998".
std::string correlation_text(double value);

/// The findings on one target of a model, in words, each a sentence: which predictor orders the
/// trials best, whether it is better than size alone, which have to do with damage beyond size, how
/// much of it they explain, and whether any of that holds among the trials that do little damage.
/// Nothing is said to be better than another without a p below 0.05 after Holm. Empty where the
/// model has no trials with the target.
std::vector<std::string> league_sentences(const League& league, const std::string& model,
                                          const LeagueTarget& target);

}  // namespace nf
