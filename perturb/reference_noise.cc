#include "perturb/reference_noise.h"

#include <algorithm>
#include <cmath>

#include "core/random/philox.h"
#include "core/tensor/matrix.h"
#include "perturb/draws.h"
#include "perturb/input_free.h"
#include "perturb/noise_entry.h"
#include "perturb/noise_kernels.h"
#include "perturb/referred_choices.h"
#include "perturb/referring_ordinal.h"
#include "perturb/running_squares.h"
#include "perturb/strength.h"
#include "perturb/unit_slices.h"

namespace nf {
namespace {

struct ReferenceNoiseKeys {
  std::string noise;
  std::optional<ReferredEntry> reference;
  std::optional<Strength> strength;
  std::optional<Unit> scope;

  static FieldTable<ReferenceNoiseKeys> fields() {
    FieldTable<ReferenceNoiseKeys> table;
    table.required("noise", &ReferenceNoiseKeys::noise, noise_name_field("permuted"));
    table.optional(
        "reference", &ReferenceNoiseKeys::reference,
        {.summary =
             "the quantizer or noise whose error is rearranged; that of strength: {match: ...} "
             "when left out",
         .example = {{"grid", "uniform"}, {"bits", 4}, {"granularity", "channel"}}});
    table.optional(
        "strength", &ReferenceNoiseKeys::strength,
        {.summary = "size of the noise in each unit; that of the reference when left out",
         .example = {{"relative_l2", 0.1}}});
    table.optional("scope", &ReferenceNoiseKeys::scope, scope_field());
    return table;
  }

  void check(const ConfigNode& node, ConfigErrors& errors) const {
    if (!reference && !(strength && strength->match))
      errors.add(node,
                 "required key 'reference' is missing; write reference: {grid: ..., bits: ..., "
                 "granularity: ...}");
  }
};

/// Sums over a unit, or parts of it in their order, from which its scale follows: those of x and of
/// the matched δ row by row, that of δ over all values as one run.
struct DeltaSums {
  double x = 0.0, matched = 0.0;
  RunningSquares delta{};

  /// matched: empty where none is. delta_values: [x.size()], the rows' one after the other.
  void add(ConstMatrixView x_rows, ConstMatrixView matched_rows, const float* delta_values) {
    const NoiseKernels& kernels = noise_kernels();
    for (Index r = 0; r < x_rows.rows(); ++r) {
      x += kernels.sum_squares(x_rows.row(r), x_rows.cols());
      if (!matched_rows.empty())
        matched += kernels.squared_distance(matched_rows.row(r), x_rows.row(r), x_rows.cols());
    }
    delta.add(delta_values, x_rows.size());
  }
};

class ReferenceNoise final : public Distortion {
 public:
  /// entry: with its scope filled in.
  ReferenceNoise(Rearrangement rearrangement, const ReferenceNoiseKeys& entry,
                 std::optional<StrengthRule> strength, SiteTensor tensor, DistortionPtr reference)
      : rearrangement_(rearrangement),
        entry_(entry),
        strength_(std::move(strength)),
        tensor_(tensor),
        reference_(std::move(reference)) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override;
  bool is_identity() const override {
    return reference_->is_identity() || (strength_ && strength_->is_zero());
  }
  bool draws() const override { return !is_identity(); }
  std::uint64_t first_ordinal() const override {
    const bool is_drawn = reference_->draws() || (matched() != nullptr && matched()->draws());
    return is_drawn ? referring_ordinal(entry_.noise) : 0;
  }
  InputNeeds input_needs(SiteTensor tensor) const override;
  DistortionPtr without_inputs() const override;
  bool follows_path() const override;
  bool chooses() const override;
  TensorChoicePtr choose(const TensorReaders& readers,
                         const DistortionContext& context) const override;
  double scratch_bytes(Index rows, Index cols) const override;
  Index rows_together(Index rows) const override;
  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext& context) const override;
  Json config() const override;

 private:
  /// Figures of a matrix that is made in parts.
  struct Whole final : MatrixFigures {
    MatrixFiguresPtr reference{}, matched{};
    std::optional<double> factor{};  ///< scale() of the matrix where it is one unit
  };

  /// Null where x is the whole matrix.
  static const Whole* whole_of(const DistortionContext& context) {
    return static_cast<const Whole*>(context.figures);
  }
  bool spans_matrix() const { return entry_.scope->kind == Unit::Kind::tensor; }
  const Distortion* matched() const { return strength_ ? strength_->matched() : nullptr; }
  void apply_reference(ConstMatrixView x, const DistortionContext& context,
                       MatrixView distorted) const;
  Matrix matched_values(ConstMatrixView x, const DistortionContext& context) const;
  void permute(const Rectangle& where, Index row_length, const DistortionContext& context,
               std::vector<float>& delta) const;
  void resign(const Rectangle& where, Index row_length, const DistortionContext& context,
              std::vector<float>& delta) const;
  /// Factor by which δ of a unit of `count` values gets its strength.
  double scale(const DeltaSums& sums, Index count) const;

  Rearrangement rearrangement_;
  ReferenceNoiseKeys entry_;
  std::optional<StrengthRule> strength_;
  SiteTensor tensor_;
  DistortionPtr reference_;
  Draws signs_ = draws_of("rademacher");
};

/// Calls use(offset in the unit, index of the element, n) for the runs of consecutive elements of a
/// unit.
template <class Use>
void for_each_run(const Rectangle& where, Index row_length, const DistortionContext& context,
                  Use use) {
  for (Index r = 0; r < where.rows; ++r) {
    const Index element = (where.row + r) * row_length + where.col;
    use(r * where.cols, context.first_element + static_cast<std::uint64_t>(element), where.cols);
  }
}

void ReferenceNoise::permute(const Rectangle& where, Index row_length,
                             const DistortionContext& context, std::vector<float>& delta) const {
  std::vector<std::uint64_t> draws(delta.size());
  for_each_run(where, row_length, context, [&](Index offset, std::uint64_t element, Index n) {
    philox_kernels().draw_u64(draws.data() + offset, n, element, context.key, context.seed);
  });
  struct Place {
    std::uint64_t draw;
    std::size_t index;
  };
  std::vector<Place> order(delta.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = {draws[i], i};
  std::sort(order.begin(), order.end(), [](const Place& a, const Place& b) {
    return a.draw != b.draw ? a.draw < b.draw : a.index < b.index;
  });
  std::vector<float> shuffled(delta.size());
  for (std::size_t i = 0; i < order.size(); ++i) shuffled[i] = delta[order[i].index];
  delta.swap(shuffled);
}

void ReferenceNoise::resign(const Rectangle& where, Index row_length,
                            const DistortionContext& context, std::vector<float>& delta) const {
  std::vector<float> signs(delta.size());
  for_each_run(where, row_length, context, [&](Index offset, std::uint64_t element, Index n) {
    signs_.fill(signs.data() + offset, n, element, context.key, context.seed);
  });
  noise_kernels().multiply_abs(signs.data(), delta.data(), static_cast<Index>(delta.size()));
  delta.swap(signs);
}

InputNeeds ReferenceNoise::input_needs(SiteTensor tensor) const {
  if (is_identity()) return {};
  const InputNeeds needs = reference_->input_needs(tensor);
  return matched() == nullptr ? needs : needs.joined(matched()->input_needs(tensor));
}

DistortionPtr ReferenceNoise::without_inputs() const {
  const auto noise = std::make_shared<ReferenceNoise>(*this);
  if (!(noise->reference_ = input_free(reference_, tensor_))) return nullptr;
  if (strength_ && !(noise->strength_ = strength_->without_inputs(tensor_))) return nullptr;
  return noise;
}

bool ReferenceNoise::follows_path() const {
  const Distortion* matched = this->matched();
  return (reference_ && reference_->follows_path()) ||
         (matched != nullptr && matched->follows_path());
}

bool ReferenceNoise::chooses() const {
  const Distortion* matched = this->matched();
  return !is_identity() &&
         ((reference_ && reference_->chooses()) || (matched != nullptr && matched->chooses()));
}

TensorChoicePtr ReferenceNoise::choose(const TensorReaders& readers,
                                       const DistortionContext& context) const {
  return chooses() ? ReferredChoices::make(reference_.get(), matched(), readers, context) : nullptr;
}

double ReferenceNoise::scratch_bytes(Index rows, Index cols) const {
  // One unit has δ and its rearrangement, a permutation the draws (2) and their order (4) too.
  const double unit = !spans_matrix() ? 0.0 : rearrangement_ == Rearrangement::permuted ? 8.0 : 2.0;
  const double matrix = sizeof(float) * static_cast<double>(rows * cols);
  double used = reference_->scratch_bytes(rows, cols), held = unit * matrix;
  if (matched() != nullptr) {
    used = std::max(used, matrix + matched()->scratch_bytes(rows, cols));
    held += matrix;
  }
  return std::max(held, used);
}

Index ReferenceNoise::rows_together(Index rows) const {
  if (is_identity()) return 1;
  // A permutation of the matrix brings values from anywhere; signs are drawn where they stand.
  if (spans_matrix() && rearrangement_ == Rearrangement::permuted) return rows;
  Index together = rows_of_unit(*entry_.scope, rows);
  for (const Distortion* other : {reference_.get(), matched()})
    if (other != nullptr) together = join_together(together, other->rows_together(rows), rows);
  return together;
}

MatrixFiguresPtr ReferenceNoise::figures(const RowSource& x,
                                         const DistortionContext& context) const {
  if (is_identity()) return nullptr;
  const auto all = std::make_shared<Whole>();
  all->reference = reference_->figures(x, ReferredChoices::of_reference(*reference_, context));
  if (matched() != nullptr)
    all->matched = matched()->figures(x, ReferredChoices::of_matched(*matched(), context));
  // A permutation of the matrix has it in one part and finds its own factor.
  if (!spans_matrix() || !strength_ || rearrangement_ == Rearrangement::permuted) return all;
  DeltaSums sums;
  for_each_part(x, rows_together(x.rows()), [&](Index first, ConstMatrixView part) {
    DistortionContext own = context;
    own.figures = all.get();
    own.first_element += static_cast<std::uint64_t>(first * x.cols());
    Matrix delta(part.rows(), part.cols());
    apply_reference(part, own, delta);
    for (Index r = 0; r < part.rows(); ++r)
      noise_kernels().subtract(delta.view().row(r), part.row(r), delta.view().row(r), part.cols());
    sums.add(part, matched_values(part, own), delta.data());  // signs change no square
  });
  all->factor = scale(sums, x.rows() * x.cols());
  return all;
}

void ReferenceNoise::apply_reference(ConstMatrixView x, const DistortionContext& context,
                                     MatrixView distorted) const {
  DistortionContext own = ReferredChoices::of_reference(*reference_, context);
  if (const Whole* all = whole_of(context)) own.figures = all->reference.get();
  reference_->apply(x, own, distorted);
}

/// x̂ of the distortion whose L2 is matched; empty where none is.
Matrix ReferenceNoise::matched_values(ConstMatrixView x, const DistortionContext& context) const {
  if (matched() == nullptr) return {};
  DistortionContext own = ReferredChoices::of_matched(*matched(), context);
  if (const Whole* all = whole_of(context)) own.figures = all->matched.get();
  Matrix values(x.rows(), x.cols());
  matched()->apply(x, own, values);
  return values;
}

double ReferenceNoise::scale(const DeltaSums& sums, Index count) const {
  const double squares = sums.delta.total();
  const double target = strength_->norm(std::sqrt(sums.x), std::sqrt(sums.matched), count);
  return squares > 0.0 ? target / std::sqrt(squares) : 0.0;
}

DistortionReport ReferenceNoise::apply(ConstMatrixView x, const DistortionContext& context,
                                       MatrixView distorted) const {
  NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
  NF_CHECK(context.tensor() == tensor_, "built for another tensor");
  if (is_identity()) {
    for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), distorted.row(r));
    return {};
  }
  apply_reference(x, context, distorted);
  const Matrix values = matched_values(x, context);
  const Whole* all = whole_of(context);
  const UnitBlocks blocks(*entry_.scope, tensor_, x.rows(), x.cols());
  const NoiseKernels& kernels = noise_kernels();
  std::vector<float> delta;
  for_each_unit(blocks, {x, values, {}}, distorted, [&](const UnitSlice& unit) {
    const ConstMatrixView unit_x = unit.in[0];
    const Index n = unit_x.cols();
    delta.resize(static_cast<std::size_t>(unit_x.size()));
    for (Index r = 0; r < unit_x.rows(); ++r)
      kernels.subtract(unit.out.row(r), unit_x.row(r), delta.data() + r * n, n);
    if (rearrangement_ == Rearrangement::permuted) {
      permute(unit.where, x.cols(), context, delta);
    } else {
      resign(unit.where, x.cols(), context, delta);
    }
    double factor = 1.0;
    if (all != nullptr && all->factor) {
      factor = *all->factor;
    } else if (strength_) {
      DeltaSums sums;
      sums.add(unit_x, unit.in[1], delta.data());
      factor = scale(sums, unit_x.size());
    }
    for (Index r = 0; r < unit_x.rows(); ++r)
      kernels.add_scaled(unit_x.row(r), delta.data() + r * n, factor, unit.out.row(r), n);
  });
  return {};
}

Json ReferenceNoise::config() const {
  Json json = {{"noise", entry_.noise}, {"reference", reference_->config()}};
  if (strength_) json["strength"] = strength_->config();
  json["scope"] = ConfigValue<Unit>::write(*entry_.scope);
  return json;
}

}  // namespace

NoiseKind reference_noise_kind(Rearrangement rearrangement, const std::string& name,
                               const std::string& summary) {
  NoiseKind kind;
  kind.name = name;
  kind.summary = summary;
  kind.fields = ReferenceNoiseKeys::fields().docs();
  kind.create = [rearrangement](const ConfigNode& node, SiteTensor tensor,
                                const DistortionBuilder& build_reference,
                                ConfigErrors& errors) -> DistortionPtr {
    const Index before = errors.count();
    ReferenceNoiseKeys entry = fields_of<ReferenceNoiseKeys>().read(node, errors);
    entry.scope = resolve_scope(entry.scope, default_noise_scope(tensor), node, tensor, errors);
    DistortionPtr matched, reference;
    if (entry.strength && entry.strength->match)
      matched = build_reference(*entry.strength->match, tensor, errors);
    reference = entry.reference ? build_reference(entry.reference->node, tensor, errors) : matched;
    if (errors.count() != before) return nullptr;
    std::optional<StrengthRule> strength;
    if (entry.strength) strength.emplace(*entry.strength, matched);
    return std::make_shared<ReferenceNoise>(rearrangement, entry, std::move(strength), tensor,
                                            reference);
  };
  return kind;
}

}  // namespace nf
