#pragma once

#include <string>
#include <vector>

#include "eval/plan/cut_units.h"

namespace nf {

/// An experiment cut into shards. The cut follows from the models' headers, the tokens, the chosen
/// trials and the Shard's count, `by` and rates alone: not from threads, memory or machine.
class ExperimentCut {
 public:
  /// The work of one shard, or of all.
  struct Seconds {
    double all = 0.0;
    double baseline = 0.0, prefix = 0.0, weights = 0.0;  ///< of it, what others do, too

    double flops = 0.0, repeated_flops = 0.0;  ///< of blocks and heads

    double repeated() const { return baseline + prefix + weights; }
  };

  /// models: whole, as they were made. The rows of paths that are numbered here are the same
  /// wherever this is done first. Throws ConfigError where a trial cannot be cut by text.
  ExperimentCut(std::vector<ModelPlan>& models, const Shard& shard);

  /// Shards that have something to do; those from there on up to the count have nothing.
  Index used() const;
  /// The part of each model that a shard has.
  std::vector<ModelPart> parts(Index shard) const;
  /// Cuts anew, into another number of shards.
  void recut(Index count);
  /// The pieces that it cuts between, by the cut's rates.
  const std::vector<CutUnit>& units() const { return units_; }
  /// The same by others. models: those that it was made with, whole.
  std::vector<CutUnit> units_by(const std::vector<ModelPlan>& models, const WorkRates& rates) const;
  /// The seconds of each shard. units: units() or units_by().
  std::vector<Seconds> seconds(const std::vector<CutUnit>& units) const;
  const Shard& shard() const { return shard_; }
  /// The reason why it is not cut as it was asked for; empty where it is.
  const std::string& note() const { return note_; }
  /// The shards of each trial for the manifest, by model ("of": numbers of "ranges", each the first
  /// and last shard, from 1 on; 0: not chosen).
  Json to_json(const std::vector<ModelPlan>& models) const;

 private:
  struct Place {
    std::size_t range = 0;
    Index text = 0;
  };
  Place place(Index shard) const;
  void with_baselines(std::vector<ModelPart>& parts) const;

  Shard shard_;
  std::string note_;
  std::vector<std::vector<Job>> steps_;  ///< by model: of its searches
  std::vector<CutUnit> units_;
  std::vector<Index> begins_;               ///< by model, and the end: its first unit
  std::vector<Index> conditions_;           ///< by unit; -1: a model without any
  std::vector<std::size_t> own_shape_;      ///< by model: the plan of its own shape
  std::vector<std::vector<double>> items_;  ///< by model: operations of each item
  std::vector<CutRange> ranges_;
};

}  // namespace nf
