#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/json.h"
#include "core/model/site.h"
#include "core/tensor/view.h"
#include "perturb/input_statistics.h"
#include "perturb/integer_form.h"
#include "perturb/row_source.h"
#include "perturb/sublayer_replay.h"
#include "perturb/unit.h"

namespace nf {

/// Figures of a whole matrix that a distortion must know before it can make a part of it: what its
/// units come to that span the matrix. Immutable.
class MatrixFigures {
 public:
  virtual ~MatrixFigures() = default;
};
using MatrixFiguresPtr = std::shared_ptr<const MatrixFigures>;

/// The linears that one entry distorts of those that read one tensor.
struct TensorReaders {
  std::vector<Site> sites;  ///< weights, in the order of the block: q_proj, k_proj, v_proj
  std::vector<ConstMatrixView> weights;  ///< [out, in] each, as the entries before left them
};

/// A choice that an entry makes for all of TensorReaders together: AWQ's scales. Immutable.
class TensorChoice {
 public:
  virtual ~TensorChoice() = default;
};
using TensorChoicePtr = std::shared_ptr<const TensorChoice>;

/// Knowledge of the matrix that a distortion is given, beyond its values.
struct DistortionContext {
  /// Its place in the model. An input goes by the first of the roles that read this x̃.
  Site site{};
  /// Key of the random draws: draw_key(site name, ordinal of the entry among those touching this
  /// site).
  std::uint64_t key = 0;
  /// The same with Distortion::first_ordinal() left out: a distortion that this one refers to draws
  /// under it.
  std::uint64_t reference_key = 0;
  std::uint64_t seed = 0;
  /// Index of x(0,0) among the elements of the site; x(r,c) is element first_element + r·cols + c.
  /// 0 for a weight; window·context·features for an input.
  std::uint64_t first_element = 0;
  /// Statistics of the tensor that the site's linear reads: all that input_needs() asked for. Null
  /// where it asked for nothing. A distortion may not look at more than it asks for.
  const InputStatistics* inputs = nullptr;
  /// The choice that choose() made for the linears of this tensor. Null where chooses() is false.
  const TensorChoice* choice = nullptr;
  /// The sub-layer that the linear is part of, on the calibration set. Null where input_needs() did
  /// not ask for it.
  const SublayerReplay* replay = nullptr;
  /// Figures of the whole weight where x is a part of it (Distortion::figures()); first_element
  /// says which part. Null where x is the whole.
  const MatrixFigures* figures = nullptr;
  /// Marks of the values of x, row by row [rows·cols]: the distortion sets 1 at each that
  /// DistortionReport::clipped counts; zeroed by the caller. Null where nobody asks.
  std::uint8_t* clipped = nullptr;
  /// Scales of the integers that x̂ consists of, for each row of x, left here by the distortion.
  /// Null where nobody asks, as where integer_levels() has a problem.
  IntegerScales* integers = nullptr;

  /// `weight`: x is [out, in]. `input`: x is [T, in], the input of a linear (or another
  /// activation) for one whole window.
  SiteTensor tensor() const { return kind_tensor(site.tensor); }
};

/// Counts that only the distortion itself can make.
struct DistortionReport {
  Index clipped = 0;  ///< values outside the representable range before clamping
  /// Choices for this site, by column of sites.csv: {"axis": "in"}, {"damping": 0.1}. Null where
  /// there was none.
  Json notes = nullptr;

  /// Takes in what a later step at the same site reports.
  void join(const DistortionReport& later) {
    clipped += later.clipped;
    if (!later.notes.is_null()) notes.update(later.notes);
  }
};

/// An entry's x̂ [rows, cols] of a matrix, before its dose and its part of δ are taken.
struct WholeChange {
  ConstMatrixView made;
  /// The values that DistortionContext::clipped marks; null where the part does not ask for them.
  const std::uint8_t* clipped = nullptr;
  const DistortionReport* report = nullptr;  ///< of x̂; null: nobody asks for that of x̃
};

/// The central interface of noisefloor: x → x̃ = x + δ (arXiv 2403.06408, abstract). Noise kinds and
/// quantizers are both distortions. Immutable and thread-safe: the same x, context and parameters
/// give the same bits, whatever the thread, the order of calls or the CPU.
class Distortion {
 public:
  virtual ~Distortion() = default;

  /// distorted ← x̃. x, distorted: [rows, cols], not overlapping. In the calling thread, but for
  /// what is long enough to be shared out (parallel_for).
  virtual DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                                 MatrixView distorted) const = 0;

  /// True when x̃ == x bit for bit whatever x is (a strength of zero): the caller may skip it.
  virtual bool is_identity() const { return false; }
  /// True when the seed can change the result.
  virtual bool draws() const { return false; }
  /// Number added to the entry's ordinal in the key of its own draws, so that they are not those of
  /// a distortion that it refers to.
  virtual std::uint64_t first_ordinal() const { return 0; }
  /// True when the distortion has grid steps that local_step() can report (quantizers).
  virtual bool has_steps() const { return false; }
  /// step ← width of the grid cell each value falls in, in the unit of x. x, step: [rows, cols].
  virtual void local_step(ConstMatrixView x, const DistortionContext& context,
                          MatrixView step) const;

  /// Statistics that apply() must be given in context.inputs at a site of that tensor. Those of
  /// distortions that this one refers to are among them.
  virtual InputNeeds input_needs(SiteTensor) const { return {}; }

  /// The form that needs no statistics, for an experiment without calibration; null where there is
  /// none. Asked only where input_needs() asks for something.
  virtual std::shared_ptr<const Distortion> without_inputs() const { return nullptr; }
  /// True where propagate: blocks is the default: apply() wants statistics of inputs that have come
  /// through the distorted blocks before (GPTQ), not those of the untouched model.
  virtual bool follows_path() const { return false; }
  /// True where choose() is to be called, once for the linears that this distortion has of a
  /// tensor, before apply() on each of them.
  virtual bool chooses() const { return false; }
  /// context: of the first of the linears, without a choice. Null where chooses() is false.
  virtual TensorChoicePtr choose(const TensorReaders& readers,
                                 const DistortionContext& context) const;

  /// The distortion that makes x̂, where this one takes only a dose or a part of δ = x̂ − x (`dose:`,
  /// `keep:`); null: this one makes x̂ itself. x̂ does not depend on the dose or the part, so it can
  /// be made once for all of them.
  virtual std::shared_ptr<const Distortion> whole() const { return nullptr; }
  /// Statistics that finish() needs beside those of whole(). Among input_needs().
  virtual InputNeeds finish_needs(SiteTensor) const { return {}; }
  /// Whether finish() looks at WholeChange::clipped, to keep a part or to count what is left.
  virtual bool finish_sees_clipped() const { return false; }
  /// distorted ← x̃ of x and x̂. apply() does the same with whole()'s own x̂. The report is that of
  /// x̂, of which the part counts as clipped what it has left of it. Only where there is a whole().
  /// x, distorted: [rows, cols], not overlapping; `distorted` may be x̂ itself.
  virtual DistortionReport finish(ConstMatrixView x, const WholeChange& whole,
                                  const DistortionContext& context, MatrixView distorted) const;
  /// True when it marks values in context.clipped: quantizers and clips.
  virtual bool tells_clipped() const { return false; }
  /// The values that share a scale of the grid; none where there is no grid. Where each weight
  /// chooses its own, the one that a choice begins with: chosen_unit() says which it came to.
  virtual std::optional<Unit> grid_unit(SiteTensor) const { return std::nullopt; }

  /// Bytes that apply() holds beside x and x̃ [rows, cols], about: for estimates of memory. 0 where
  /// what it holds is small beside x.
  virtual double scratch_bytes(Index /*rows*/, Index /*cols*/) const { return 0.0; }

  /// Rows of a weight [rows, in] that must be made together. Parts that begin at a multiple of that
  /// many rows, and end at one or with the matrix, can be made each by itself, given figures() of
  /// the whole: their bits are the same. By default all rows.
  virtual Index rows_together(Index rows) const { return rows; }
  /// Figures of the whole weight for apply() and local_step() on parts of it; null where they need
  /// none. Reads x, once or several times, in the order of its rows.
  virtual MatrixFiguresPtr figures(const RowSource& x, const DistortionContext& context) const;

  /// The resolved entry as it would stand in YAML (without `sites`): printed by `check`, hashed
  /// into ids.
  virtual Json config() const = 0;

  /// True when levels_around() tells the levels that values are rounded to: quantizers that round
  /// each value by itself.
  virtual bool has_levels() const { return false; }
  /// lower, upper ← the levels that a value lies between, of the grid that apply() would round it
  /// to: twice the same where it is one of them, or beyond the outermost. NaN where apply() makes
  /// one. x, lower, upper: [rows, cols].
  virtual void levels_around(ConstMatrixView x, const DistortionContext& context, MatrixView lower,
                             MatrixView upper) const;

  /// The integers that x̂ consists of, each row with a scale; none for most distortions.
  virtual IntegerLevels integer_levels(SiteTensor) const {
    return {.problem = "it rounds to no integers; write a quantizer, grid: uniform"};
  }

  /// True where the statistics that finish() needs have come by the path that the entry says
  /// (`propagate:`), as those of whole(); else they are of the untouched model.
  virtual bool finish_takes_path(SiteTensor) const { return false; }

 protected:
  /// The statistics that input_needs() asked for, as apply() begins with them. Throws InternalError
  /// that names the site where one is missing, or where they are of another tensor than x.
  const InputStatistics& needed_inputs(ConstMatrixView x, const DistortionContext& context) const;
};

using DistortionPtr = std::shared_ptr<const Distortion>;

/// The unit of the scales at a site, by what Distortion::grid_unit() says and by the notes that
/// apply() left there: groups of {"group": 64}, or along the other axis, {"axis": "in"}.
Unit chosen_unit(const Unit& unit, const Json& notes);

}  // namespace nf
