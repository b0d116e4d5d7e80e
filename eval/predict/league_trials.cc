#include "eval/predict/league_trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "eval/results/kl_per_r2.h"
#include "eval/results/result_lines.h"

namespace nf {
namespace {

/// A model of one run, to be told from others of its name.
struct ModelData {
  const ModelIdentity* identity = nullptr;
  const ResultRow* baseline = nullptr;
};

bool is_same(const ModelData& a, const ModelData& b) {
  if (a.identity != nullptr && b.identity != nullptr)
    return a.identity->model_hash == b.identity->model_hash &&
           a.identity->data_hash == b.identity->data_hash;
  return a.baseline->key.id == b.baseline->key.id;
}

struct JoinedModel {
  ModelData data;
  LeagueModel league;
  std::set<std::string> ids;  // of trials that are there
  Index unfinished = 0, failed = 0;
};

const ModelIdentity* identity_of(const LeagueRunView& run, const std::string& model) {
  const auto found =
      std::find_if(run.models->begin(), run.models->end(),
                   [&model](const ModelIdentity& one) { return one.model == model; });
  return found == run.models->end() ? nullptr : &*found;
}

JoinedModel& joined_model(const LeagueRunView& run, const ModelLines& lines,
                          std::vector<JoinedModel>& models) {
  const ModelData data{identity_of(run, lines.model), lines.baseline};
  bool is_taken = false;
  for (JoinedModel& model : models) {
    if (model.data.baseline->key.model != lines.model) continue;
    if (is_same(model.data, data)) return model;
    is_taken = true;
  }
  JoinedModel& added = models.emplace_back();
  added.data = data;
  added.league.model = is_taken ? fmt::format("{} ({})", lines.model, run.dir) : lines.model;
  added.league.baseline = lines.baseline;
  added.league.rows.push_back(lines.baseline);
  return added;
}

double mean_kl(const std::vector<const ResultRow*>& samples) {
  double kl = 0.0;
  for (const ResultRow* row : samples) kl += *kl_of(*row) / static_cast<double>(samples.size());
  return kl;
}

void add_line(const ResultLine& line, JoinedModel& model) {
  LeagueTrial trial;
  for (const ResultRow* row : line.samples()) {
    if (!model.ids.insert(row->key.id).second) continue;  // another run has it
    model.league.rows.push_back(row);
    if (row->status == Status::partial)
      ++model.unfinished;
    else if (kl_of(*row))
      trial.samples.push_back(row);
  }
  model.failed += std::count_if(line.rows.begin(), line.rows.end(),
                                [](const ResultRow* row) { return row->failed(); });
  if (trial.samples.empty()) return;
  trial.kl = mean_kl(trial.samples);
  model.league.trials.push_back(std::move(trial));
}

void add_run(const LeagueRunView& run, std::vector<JoinedModel>& models,
             std::vector<std::string>& remarks) {
  for (const ModelLines& lines : group_rows(*run.rows)) {
    if (lines.baseline == nullptr || lines.baseline->failed()) {
      remarks.push_back(fmt::format("{} of {}: the baseline {}", printable(lines.model),
                                    printable(run.dir),
                                    lines.baseline == nullptr ? "has not run yet" : "failed"));
      continue;
    }
    JoinedModel& model = joined_model(run, lines, models);
    for (const ResultLine& line : lines.lines)
      if (line.rows.front() != lines.baseline) add_line(line, model);
  }
}

void remark_on_left_out(const JoinedModel& model, std::vector<std::string>& remarks) {
  const std::string name = printable(model.league.model);
  const auto rows = [](Index count) { return count == 1 ? "row" : "rows"; };
  if (model.unfinished > 0)
    remarks.push_back(fmt::format("{}: {} unfinished {} left out", name, model.unfinished,
                                  rows(model.unfinished)));
  if (model.failed > 0)
    remarks.push_back(
        fmt::format("{}: {} failed {} left out", name, model.failed, rows(model.failed)));
}

}  // namespace

LeagueTrials gather_league_trials(const std::vector<LeagueRun>& runs) {
  std::vector<LeagueRunView> views;
  for (const LeagueRun& run : runs)
    views.push_back({.dir = run.dir, .rows = &run.rows, .models = &run.models});
  return gather_league_trials(views);
}

LeagueTrials gather_league_trials(const std::vector<LeagueRunView>& runs) {
  std::vector<JoinedModel> models;
  LeagueTrials trials;
  for (const LeagueRunView& run : runs) add_run(run, models, trials.remarks);
  for (JoinedModel& model : models) {
    remark_on_left_out(model, trials.remarks);
    if (!model.league.trials.empty()) trials.models.push_back(std::move(model.league));
  }
  if (trials.models.empty())
    throw ConfigError("there is nothing to rank: no finished trial with text" +
                      (trials.remarks.empty() ? "" : "; " + trials.remarks.front()));
  return trials;
}

}  // namespace nf
