#pragma once

#include <memory>

#include "core/base/json.h"
#include "core/tensor/view.h"
#include "perturb/distortion.h"

namespace nf {

/// A change of one matrix, of which a part is to be kept.
struct ChangeView {
  ConstMatrixView x;  ///< [rows, cols] what it acts on
  /// [rows·cols] marks of the values that were clipped; null unless the part asks for them.
  const std::uint8_t* clipped = nullptr;
};

/// A part of δ (`keep:`): the rest of δ becomes 0. One file of perturb/parts/ each. Immutable and
/// thread-safe.
class DeltaPart {
 public:
  virtual ~DeltaPart() = default;

  /// delta ← its part. delta: [rows, cols], of change.x. context.inputs holds what needs() asked
  /// for.
  virtual void keep(const ChangeView& change, const DistortionContext& context,
                    MatrixView delta) const = 0;

  virtual InputNeeds needs(SiteTensor) const { return {}; }
  virtual bool sees_clipped() const { return false; }
  /// As it stands in YAML.
  virtual Json config() const = 0;
};
using DeltaPartPtr = std::shared_ptr<const DeltaPart>;

}  // namespace nf
