#pragma once

#include <map>
#include <string>
#include <vector>

#include "eval/plan/model_plan.h"
#include "eval/records/trial_profile.h"
#include "eval/run/run_context.h"

namespace nf {

/// The profiles of one model's lanes in a run folder (`profile:`), kept as they grow. Where the
/// experiment has none, nobody is profiled.
class ProfileKeeper {
 public:
  /// Both must outlive this.
  ProfileKeeper(const RunContext& run, const ModelPlan& plan);

  /// The baseline and the trials that are profiled, of this part of the trials.
  const std::vector<RowKey>& keys() const { return keys_; }
  /// The windows among these items that have not been seen on a text; none where the trial is not
  /// profiled. hash: of the text's windows.
  std::vector<Index> lacking(const RowKey& key, const std::vector<Index>& items,
                             const std::string& text, const std::string& hash) const;
  /// The same of the experiment's own text.
  std::vector<Index> lacking(const RowKey& key, const Stage& stage) const;

  /// Keeps what was seen; nothing where there is nothing. It is on the disk when this returns.
  void add(const RowKey& key, ProfileParts parts, const std::string& text, const std::string& hash);
  void add(const RowKey& key, ProfileParts parts);

  /// The profile of one of the keys; null where nothing was seen.
  TrialProfile* find(const RowKey& key, const std::string& text, const std::string& hash);
  void save() const;

 private:
  TrialProfile named(const RowKey& key, const std::string& text, const std::string& hash) const;
  std::string label(const RowKey& key) const;

  const RunContext& run_;
  const ModelPlan& plan_;
  std::vector<RowKey> keys_;
  std::vector<TrialProfile> profiles_;
};

}  // namespace nf
