#include "eval/predict/league_trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "eval/output/short_list.h"
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
  std::set<std::string> ids;         // of rows that are there
  std::set<std::string> unfinished;  // ids of rows that are there in part
  Index failed = 0;
  std::vector<std::string> below_floor{};  // trials
};

const ModelIdentity* identity_of(const LeagueRunView& run, const std::string& model) {
  const auto found =
      std::find_if(run.models->begin(), run.models->end(),
                   [&model](const ModelIdentity& one) { return one.model == model; });
  return found == run.models->end() ? nullptr : &*found;
}

/// The baseline of the folder that has more of the text.
void take_baseline(const ResultRow& baseline, LeagueModel& model) {
  if (baseline.text.windows <= model.baseline->text.windows) return;
  model.baseline = model.rows.front() = &baseline;
}

JoinedModel& joined_model(const LeagueRunView& run, const ModelLines& lines,
                          std::vector<JoinedModel>& models) {
  const ModelData data{identity_of(run, lines.model), lines.baseline};
  bool is_taken = false;
  for (JoinedModel& model : models) {
    if (model.data.baseline->key.model != lines.model) continue;
    if (is_same(model.data, data)) {
      take_baseline(*lines.baseline, model.league);
      return model;
    }
    is_taken = true;
  }
  JoinedModel& added = models.emplace_back();
  added.data = data;
  added.league.model = is_taken ? fmt::format("{} ({})", lines.model, run.dir) : lines.model;
  added.league.baseline = lines.baseline;
  if (data.identity != nullptr) added.league.model_hash = data.identity->model_hash;
  added.league.rows.push_back(lines.baseline);
  return added;
}

double mean_kl(const std::vector<const ResultRow*>& samples) {
  double kl = 0.0;
  for (const ResultRow* row : samples) kl += *kl_of(*row) / static_cast<double>(samples.size());
  return kl;
}

bool is_rounding(const LeagueTrial& trial) {
  const std::optional<double>& floor = trial.samples.front()->kl_floor;
  return floor && is_below_floor(trial.kl, *floor);
}

void add_line(const ResultLine& line, JoinedModel& model) {
  LeagueTrial trial;
  for (const ResultRow* row : line.samples()) {
    if (row->status == Status::partial) {
      model.unfinished.insert(row->key.id);  // another run may have all of it
      continue;
    }
    if (!model.ids.insert(row->key.id).second) continue;  // another run has it
    model.league.rows.push_back(row);
    if (kl_of(*row)) trial.samples.push_back(row);
  }
  model.failed += std::count_if(line.rows.begin(), line.rows.end(),
                                [](const ResultRow* row) { return row->failed(); });
  if (trial.samples.empty()) return;
  trial.kl = mean_kl(trial.samples);
  if (is_rounding(trial))
    model.below_floor.push_back(condition_text(trial.key()));
  else
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
  const Index unfinished =
      std::count_if(model.unfinished.begin(), model.unfinished.end(),
                    [&model](const std::string& id) { return !model.ids.contains(id); });
  if (unfinished > 0)
    remarks.push_back(
        fmt::format("{}: {} unfinished {} left out", name, unfinished, rows(unfinished)));
  if (!model.below_floor.empty())
    remarks.push_back(
        fmt::format("{}: left out, for their KL is below {} floors and may be rounding: {}", name,
                    kFloorsToTrust, printable(short_list(model.below_floor, ", ", "trials"))));
  if (model.failed > 0)
    remarks.push_back(
        fmt::format("{}: {} failed {} left out", name, model.failed, rows(model.failed)));
}

}  // namespace

bool LeagueModel::is_same_checkpoint(const LeagueModel& other) const {
  if (!model_hash.empty() && !other.model_hash.empty()) return model_hash == other.model_hash;
  return baseline->key.model == other.baseline->key.model;
}

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
