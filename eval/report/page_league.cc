#include "eval/report/page_league.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "eval/tables/league_sentences.h"

namespace nf {
namespace {

PageLeague make_page_league(const ReportInput& input) {
  std::vector<LeagueRunView> runs;
  for (const ReportRun& run : input.runs)
    runs.push_back({.dir = run.name, .rows = &run.rows, .models = &run.contents.manifest.models});
  PageLeague page;
  try {
    page.trials = gather_league_trials(runs);
  } catch (const ConfigError&) {
    return page;  // no finished trial yet
  }
  page.league =
      make_league(page.trials, page.registry, {league_target("kl"), league_target("kl_per_r2")});
  return page;
}

}  // namespace

std::shared_ptr<const PageLeague> page_league(const ReportInput& input) {
  if (!input.league) input.league = std::make_shared<const PageLeague>(make_page_league(input));
  return input.league->league.entries.empty() ? nullptr : input.league;
}

std::vector<std::string> league_answers(const PageLeague& page) {
  std::vector<std::string> answers;
  const LeagueTarget& target = page.league.targets.front();
  for (const LeagueModel& model : page.trials.models) {
    const std::vector<std::string> found = league_sentences(page.league, model.model, target);
    if (found.empty()) continue;
    const std::string name = page.trials.models.size() > 1 ? model.model + ": " : "";
    answers.push_back(fmt::format("{}{}.", name, found.front()));
  }
  return answers;
}

}  // namespace nf
