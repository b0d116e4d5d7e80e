#pragma once

#include <string>
#include <vector>

#include "eval/records/model_identity.h"
#include "eval/results/results.h"

namespace nf {

/// The rows and the models of one run folder.
struct LeagueRun {
  std::string dir;
  std::vector<ResultRow> rows{};
  std::vector<ModelIdentity> models{};
};

/// The same of a folder that stays where it is.
struct LeagueRunView {
  std::string dir;
  const std::vector<ResultRow>* rows = nullptr;
  const std::vector<ModelIdentity>* models = nullptr;
};

/// A trial of a league: the rows of one run that differ in their seeds alone.
struct LeagueTrial {
  std::vector<const ResultRow*> samples;  ///< at least one; none failed, none unfinished
  double kl = 0.0;                        ///< nats per token, over all samples

  const RowKey& key() const { return samples.front()->key; }
};

/// The trials of one model, of all runs together.
struct LeagueModel {
  std::string model;
  const ResultRow* baseline = nullptr;
  std::vector<const ResultRow*> rows{};  ///< all finished ones
  std::vector<LeagueTrial> trials{};     ///< those with text, and a KL that is more than rounding
  std::string model_hash{};              ///< of the checkpoint; empty where nobody said

  /// Whether it is of the same checkpoint, be it on other text.
  bool is_same_checkpoint(const LeagueModel& other) const;
};

/// Trials of several runs, model by model. A model is the same in two runs where its weights and
/// its text are; else the later one is called "NAME (DIR)". A condition that two runs have counts
/// once: the first that is finished. A trial whose KL may be rounding (is_below_floor()) is left
/// out: its order among others says nothing.
struct LeagueTrials {
  std::vector<LeagueModel> models{};
  std::vector<std::string> remarks{};  ///< trials that are left out, and why
};
/// Points into `runs`. Throws ConfigError where no model has a baseline and a finished trial.
LeagueTrials gather_league_trials(const std::vector<LeagueRun>& runs);
LeagueTrials gather_league_trials(const std::vector<LeagueRunView>& runs);

}  // namespace nf
