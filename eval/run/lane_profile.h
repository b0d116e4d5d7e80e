#pragma once

#include <map>
#include <vector>

#include "core/model/decoder_block.h"
#include "eval/records/trial_profile.h"
#include "eval/run/stage_batches.h"

namespace nf {

/// Profiles of one group of lanes in one block, by window.
using SeenWindows = std::map<Index, ProfileParts>;

/// Sees the tensors that the linears of one block read, its states and its attention, for the
/// windows of a batch that are asked for (`profile:`). Changes nothing.
class LaneProfile final : public InputProbe {
 public:
  /// windows: ascending. All must outlive this.
  LaneProfile(Index layer, const Batch& batch, const std::vector<Index>& windows);

  bool is_wanted() const { return !items_.empty(); }
  bool wants(Role) const override { return true; }
  void see(Role role, ConstMatrixView x) override;
  bool wants_state(SiteTensor) const override { return true; }
  void see_state(SiteTensor state, ConstMatrixView x) override;
  bool wants_attention() const override { return true; }
  void see_attention(ConstMatrixView on_first) override;

  SeenWindows take() { return std::move(seen_); }

 private:
  void see(const Site& site, ConstMatrixView x);

  Index layer_;
  std::vector<ItemRows> items_;  ///< those that are asked for
  SeenWindows seen_;
};

}  // namespace nf
