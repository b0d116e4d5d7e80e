#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/tensor/view.h"
#include "perturb/distortion.h"

namespace nf {

/// The change that a chain of distortions makes at one site, to be replaced by a surrogate.
struct ReferenceChange {
  ConstMatrixView x;      ///< [rows, cols] untouched
  ConstMatrixView delta;  ///< [rows, cols] chain(x) − x
  /// [rows, cols] the local steps of the chain's last quantizer; empty unless sees_steps().
  ConstMatrixView step;
  /// The unit of the last quantizer's scales; none where the chain has no quantizer.
  std::optional<Unit> grid_unit;
  /// [rows·cols] marks of the values that some step of the chain clipped; null unless
  /// sees_clipped().
  const std::uint8_t* clipped = nullptr;
};

/// A twin of δ (`twins:`): another δ that keeps one property of it and destroys others, so that
/// what the property carries can be told. One file of perturb/twins/ each. Immutable and
/// thread-safe; the same change, context and seed give the same bits.
class Surrogate {
 public:
  virtual ~Surrogate() = default;

  virtual std::string name() const = 0;  ///< the stem of its file
  /// twin ← the surrogate of change.delta. twin: [rows, cols], may be change.delta's own memory.
  /// context: the site, the twin's key of draws, the seed, first_element, and in `inputs` what
  /// needs() asked for.
  virtual void replace(const ReferenceChange& change, const DistortionContext& context,
                       MatrixView twin) const = 0;

  virtual bool draws() const = 0;
  virtual InputNeeds needs(SiteTensor) const { return {}; }
  virtual bool sees_steps() const { return false; }
  virtual bool sees_clipped() const { return false; }
  /// Whether it needs a chain with a quantizer.
  virtual bool needs_grid() const { return false; }
  /// Whether it acts on that tensor at all; where it does not the chain stays as it is.
  virtual bool acts_on(SiteTensor) const { return true; }
};
using SurrogatePtr = std::shared_ptr<const Surrogate>;

/// A kind of twin: a row of the table of `twins:`.
struct TwinKind {
  std::string name;
  /// Its number in the order of the table: part of the key of its draws, so it never changes.
  std::uint64_t number = 0;
  std::string summary;   ///< "normal, same L2 by output row"
  std::string keeps;     ///< "size by row"
  std::string destroys;  ///< "the rest"
  /// Makes a sentence with a ratio: "the error at its places does {ratio} of the damage of the same
  /// error shuffled: {verdict}" is written by what reads `phrase`: "the same error shuffled".
  std::string phrase;
  SurrogatePtr surrogate;
};

/// All kinds, in the order of their numbers: gaussian, gaussian_channel,
/// gaussian_group, gaussian_output, step, resigned, permuted, permuted_by_size, debiased,
/// output_debiased, off_gain, small_part, large_part, rounding_part, clipping_part,
/// off_top_directions.
const std::vector<TwinKind>& twin_kinds();

/// The first of the keys' ordinals of a kind of twin at a site: 2^32·(1 + number). A twin so never
/// draws what its reference draws.
std::uint64_t twin_ordinal(const TwinKind& kind);

}  // namespace nf
