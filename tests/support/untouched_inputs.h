#pragma once

#include <map>
#include <vector>

#include "core/io/npy.h"
#include "core/model/decoder.h"
#include "perturb/input_statistics.h"

namespace nf {

/// Statistics of the inputs of the linears of a model without distortions, in its first `layers`
/// blocks and over the first `windows` rows of a table of ids. Passes the blocks by itself, without
/// the machinery of a run.
class UntouchedInputs {
 public:
  UntouchedInputs(Decoder& decoder, const NpyInts& ids, Index windows, Index layers,
                  const InputNeeds& needs);

  Index layers() const { return static_cast<Index>(by_layer_.size()); }
  const InputStatistics& of(Index layer, Role role) const {
    return *by_layer_[static_cast<std::size_t>(layer)].at(spec_.input_owner(role));
  }

 private:
  const DecoderSpec& spec_;
  std::vector<std::map<Role, InputStatisticsPtr>>
      by_layer_;  ///< by the first of a tensor's readers
};

/// ‖X(W − Ŵ)ᵀ‖² / ‖XWᵀ‖². made, weight: [out, in]
double output_error(ConstMatrixView made, ConstMatrixView weight, const InputStatistics& inputs);

}  // namespace nf
