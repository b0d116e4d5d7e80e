#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eval/predict/league.h"
#include "eval/predict/predictor.h"
#include "eval/report/section.h"

namespace nf {

/// A league of all runs of a page, by KL and by KL per squared size, with what it was made of.
struct PageLeague {
  LeagueTrials trials{};
  PredictorRegistry registry = PredictorRegistry::builtin();
  League league{};
};

/// Made when it is first asked for, and kept in the input: several sections tell of it. Null where
/// there is nothing to rank. Not thread-safe. Points into the input's runs.
std::shared_ptr<const PageLeague> page_league(const ReportInput& input);

/// Sentences on what orders the trials of each model best by KL, one each, the model's name before
/// it where there are several.
std::vector<std::string> league_answers(const PageLeague& page);

}  // namespace nf
