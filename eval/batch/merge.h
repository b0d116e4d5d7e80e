#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// The way in which run folders are joined to one.
struct MergeOptions {
  std::vector<std::filesystem::path> runs;  ///< in their order
  std::filesystem::path out;                ///< the folder to come
  std::filesystem::path replaced{};  ///< a merge of before, whose bench.json stays; empty: none
  bool any_env = false;   ///< also runs of different machine types: each record says its own
  std::string command{};  ///< for manifest.json
};

/// The outcome of a merge.
struct MergeOutcome {
  std::vector<ResultRow> rows;         ///< without windows, questions, sites and tails
  Index records = 0;                   ///< of the new folder
  Index repeated = 0;                  ///< records that another folder had in full already
  std::vector<std::string> missing{};  ///< a line for each part of the trials that is not there
  std::string mixed_env{};             ///< mixed_env_text() of the new folder
  /// What to say of records that are left out for those of another machine, whose products have
  /// other bits; empty where there are none.
  std::string other_copies{};
  /// floor_warnings() of the rows: shards by themselves have seldom the floor beside a KL.
  std::vector<std::string> floor_warnings{};
};

/// Joins the folders of runs over one set of models and data (shards of a sweep, for instance) to a
/// folder as one run would have left it, but for the order of the records: experiment.yaml and
/// resolved.yaml are the first's, rows stand in the first's order, new ones behind those of their
/// model. Parts that stand in two folders are taken once and must be equal bit for bit;
/// bench.json has the benches of all. `out` appears whole or not at all. metrics: columns of its
/// tables. Throws ConfigError where the runs do not go together or `out` is taken, DataError for
/// files that cannot be read or written and for figures that differ (a line for each of the first
/// ten).
MergeOutcome merge_runs(const MergeOptions& options, const MetricRegistry& metrics);

}  // namespace nf
