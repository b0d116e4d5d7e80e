#include "perturb/scaled_noise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "core/base/parallel.h"
#include "core/tensor/matrix.h"
#include "perturb/draws.h"
#include "perturb/input_free.h"
#include "perturb/noise_entry.h"
#include "perturb/noise_kernels.h"
#include "perturb/referred_choices.h"
#include "perturb/referring_ordinal.h"
#include "perturb/relation.h"
#include "perturb/strength.h"
#include "perturb/unit_slices.h"

namespace nf {
namespace {

/// Default of `floor`.
constexpr double kDefaultFloor = 1e-3;

/// Keys that say how large a noise is.
struct SizeKeys {
  Strength strength;
  std::optional<Unit> scope;

  template <class Owner>
  static void add_fields(FieldTable<Owner>& table) {
    table.required("strength", &Owner::strength,
                   {.summary = "size of the noise in each unit, met exactly",
                    .example = {{"relative_l2", 0.1}}});
    table.optional("scope", &Owner::scope, scope_field());
  }
};

struct ScaledNoiseKeys : SizeKeys {
  std::string noise;
  Relation relation = relations().plain("independent");
  std::optional<double> floor;
  std::optional<QuantizerEntry> reference;

  static FieldTable<ScaledNoiseKeys> fields() {
    FieldTable<ScaledNoiseKeys> table;
    table.required("noise", &ScaledNoiseKeys::noise, noise_name_field("gaussian"));
    table.optional("relation", &ScaledNoiseKeys::relation,
                   {.summary = "how the size of the noise follows the value it is added to"});
    table.optional("floor", &ScaledNoiseKeys::floor,
                   {.summary = "lowest |x| of a negative power, as a share of the unit's root mean "
                               "square; 0.001 when left out",
                    .unit = "ratio",
                    .range = above(0),
                    .example = kDefaultFloor});
    SizeKeys::add_fields(table);
    table.optional(
        "reference", &ScaledNoiseKeys::reference,
        {.summary = "quantizer of relation step; that of strength: {match: ...} when left out",
         .example = {{"grid", "uniform"}, {"bits", 4}, {"granularity", "channel"}}});
    return table;
  }

  void check(const ConfigNode& node, ConfigErrors& errors) const {
    if (floor && !relation.has_floor)
      errors.add(*node.find("floor"), "is read only by relation: {power: p} with p < 0");
    if (reference && !relation.needs_step)
      errors.add(*node.find("reference"), "is read only by relation: step");
    if (relation.needs_step && !reference && !strength.match)
      errors.add(*node.find("relation"),
                 "step needs a quantizer; add reference: {grid: ..., bits: ..., granularity: ...}");
  }
};

struct RelatedKeys : SizeKeys {
  std::string noise;

  static FieldTable<RelatedKeys> fields(const std::string& name) {
    FieldTable<RelatedKeys> table;
    table.required("noise", &RelatedKeys::noise, noise_name_field(name));
    SizeKeys::add_fields(table);
    return table;
  }
};

/// The value of one shape parameter, read and documented by a table of its own.
struct ShapeValue {
  double value = 0.0;

  static FieldTable<ShapeValue> field(const ShapeParameter& parameter) {
    FieldTable<ShapeValue> table;
    table.required(parameter.name, &ShapeValue::value,
                   {.summary = parameter.summary,
                    .range = above(parameter.above).because(parameter.reason),
                    .example = parameter.example});
    return table;
  }
};

/// Sums over a unit, or a row of it, from which its scale follows.
struct NoiseSums {
  double x = 0.0, z = 0.0, matched = 0.0;  ///< Σ x², Σ z², Σ δ² of the quantizer that is matched

  /// matched: null where none is.
  static NoiseSums of_row(const float* x, const float* z, const float* matched, Index n) {
    const NoiseKernels& kernels = noise_kernels();
    return {kernels.sum_squares(x, n), kernels.sum_squares(z, n),
            matched == nullptr ? 0.0 : kernels.squared_distance(matched, x, n)};
  }
  NoiseSums& operator+=(const NoiseSums& row) {
    x += row.x;
    z += row.z;
    matched += row.matched;
    return *this;
  }
};

/// Bytes a value that a relation holds at most which looks at all values of a unit.
constexpr double kSortedBytes = 20.0;

/// Rows of a part that one thread draws at a time.
constexpr Index kDrawnRows = 64;

class ScaledNoise final : public Distortion {
 public:
  /// entry: with all defaults filled in. is_related: the entry of a RelatedNoise.
  ScaledNoise(Draws draws, const ScaledNoiseKeys& entry, StrengthRule strength, SiteTensor tensor,
              DistortionPtr reference, bool is_related = false)
      : draws_(std::move(draws)),
        entry_(entry),
        strength_(std::move(strength)),
        tensor_(tensor),
        reference_(std::move(reference)),
        is_related_(is_related) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override;
  bool is_identity() const override { return strength_.is_zero(); }
  bool draws() const override { return !is_identity(); }
  std::uint64_t first_ordinal() const override {
    const Distortion* matched = strength_.matched();
    return matched != nullptr && matched->draws() ? referring_ordinal("gaussian") : 0;
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
  /// Weights and scale of a unit, known before its first value is made.
  struct UnitForm {
    UnitWeights multiply{};
    double scale = 0.0;
  };
  /// Figures of a matrix that is made in parts.
  struct Whole final : MatrixFigures {
    MatrixFiguresPtr reference{}, matched{};
    std::optional<UnitForm> unit{};  ///< where it spans the matrix
  };

  /// z ← draws of n elements of the matrix from `element` on.
  void draw(Index element, const DistortionContext& context, float* z, Index n) const {
    draws_.fill(z, n, context.first_element + static_cast<std::uint64_t>(element), context.key,
                context.seed);
  }
  /// Null where x is the whole matrix.
  static const Whole* whole_of(const DistortionContext& context) {
    return static_cast<const Whole*>(context.figures);
  }
  bool spans_matrix() const { return entry_.scope->kind == Unit::Kind::tensor; }
  double floor() const { return entry_.floor.value_or(kDefaultFloor); }
  /// Grid steps and x̂ of the quantizers that are referred to; empty where there are none.
  Matrix local_steps(ConstMatrixView x, const DistortionContext& context) const;
  Matrix matched_values(ConstMatrixView x, const DistortionContext& context) const;
  double scale(const NoiseSums& sums, Index count) const;
  void distort_unit(const UnitSlice& unit, Index row_length,
                    const DistortionContext& context) const;
  UnitForm form_of_matrix(const RowSource& x, const DistortionContext& context) const;
  void add_part(ConstMatrixView x, const DistortionContext& context, const UnitWeights& multiply,
                NoiseSums& sums) const;

  Draws draws_;
  ScaledNoiseKeys entry_;
  StrengthRule strength_;
  SiteTensor tensor_;
  DistortionPtr reference_;  ///< of relation `step`, else null
  bool is_related_;
};

InputNeeds ScaledNoise::input_needs(SiteTensor tensor) const {
  InputNeeds needs;
  if (is_identity()) return needs;
  if (reference_) needs = reference_->input_needs(tensor);
  const Distortion* matched = strength_.matched();
  return matched == nullptr ? needs : needs.joined(matched->input_needs(tensor));
}

DistortionPtr ScaledNoise::without_inputs() const {
  const auto noise = std::make_shared<ScaledNoise>(*this);
  if (reference_ && !(noise->reference_ = input_free(reference_, tensor_))) return nullptr;
  const std::optional<StrengthRule> strength = strength_.without_inputs(tensor_);
  if (!strength) return nullptr;
  noise->strength_ = *strength;
  return noise;
}

bool ScaledNoise::follows_path() const {
  const Distortion* matched = strength_.matched();
  return (reference_ && reference_->follows_path()) ||
         (matched != nullptr && matched->follows_path());
}

bool ScaledNoise::chooses() const {
  const Distortion* matched = strength_.matched();
  return !is_identity() &&
         ((reference_ && reference_->chooses()) || (matched != nullptr && matched->chooses()));
}

TensorChoicePtr ScaledNoise::choose(const TensorReaders& readers,
                                    const DistortionContext& context) const {
  return chooses() ? ReferredChoices::make(reference_.get(), strength_.matched(), readers, context)
                   : nullptr;
}

double ScaledNoise::scratch_bytes(Index rows, Index cols) const {
  const double matrix = sizeof(float) * static_cast<double>(rows * cols);
  const Distortion* matched = strength_.matched();
  const double of_step = reference_ ? reference_->scratch_bytes(rows, cols) : 0.0;
  const double of_match = matched != nullptr ? matched->scratch_bytes(rows, cols) : 0.0;
  const bool is_sorted = entry_.relation.sees_unit && spans_matrix();
  return (reference_ ? matrix : 0.0) + (matched != nullptr ? matrix : 0.0) +
         (is_sorted ? kSortedBytes * static_cast<double>(rows * cols) : 0.0) +
         std::max(of_step, of_match);
}

DistortionReport ScaledNoise::apply(ConstMatrixView x, const DistortionContext& context,
                                    MatrixView distorted) const {
  NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
  NF_CHECK(context.tensor() == tensor_, "built for another tensor");
  if (is_identity()) {
    for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), distorted.row(r));
    return {};
  }
  const Matrix step = local_steps(x, context), matched = matched_values(x, context);
  const UnitBlocks blocks(*entry_.scope, tensor_, x.rows(), x.cols());
  if (blocks.are_columns())  // a draw costs least for consecutive elements
    for (Index r = 0; r < x.rows(); ++r) draw(r * x.cols(), context, distorted.row(r), x.cols());
  for_each_unit(blocks, {x, step, matched}, distorted,
                [&](const UnitSlice& unit) { distort_unit(unit, x.cols(), context); });
  return {};
}

Matrix ScaledNoise::local_steps(ConstMatrixView x, const DistortionContext& context) const {
  if (!reference_) return {};
  DistortionContext own = ReferredChoices::of_reference(*reference_, context);
  if (const Whole* all = whole_of(context)) own.figures = all->reference.get();
  Matrix step(x.rows(), x.cols());
  reference_->local_step(x, own, step);
  return step;
}

Matrix ScaledNoise::matched_values(ConstMatrixView x, const DistortionContext& context) const {
  const Distortion* other = strength_.matched();
  if (other == nullptr) return {};
  DistortionContext own = ReferredChoices::of_matched(*other, context);
  if (const Whole* all = whole_of(context)) own.figures = all->matched.get();
  Matrix matched(x.rows(), x.cols());
  other->apply(x, own, matched);
  return matched;
}

/// Factor that gives z of a unit of `count` values its strength.
double ScaledNoise::scale(const NoiseSums& sums, Index count) const {
  if (sums.z == 0.0) return 0.0;
  // Noise beyond f32 must show as a failure, not vanish as target / infinity would.
  if (!std::isfinite(sums.z)) return std::numeric_limits<double>::quiet_NaN();
  return strength_.norm(std::sqrt(sums.x), std::sqrt(sums.matched), count) / std::sqrt(sums.z);
}

void ScaledNoise::distort_unit(const UnitSlice& unit, Index row_length,
                               const DistortionContext& context) const {
  const auto& [x, step, matched] = unit.in;
  const Whole* all = whole_of(context);
  const UnitForm* known = all != nullptr && all->unit ? &*all->unit : nullptr;
  const UnitValues values{x, step, floor()};
  const UnitWeights own = known != nullptr ? nullptr : entry_.relation.of_unit(values);
  const UnitWeights& multiply = known != nullptr ? known->multiply : own;
  const Index n = x.cols();
  NoiseSums sums;
  for (Index r = 0; r < x.rows(); ++r) {
    float* z = unit.out.row(r);  // stands where x̃ will stand
    if (!unit.copied) draw((unit.where.row + r) * row_length + unit.where.col, context, z, n);
    if (multiply) multiply(values, r, z);
    if (known == nullptr)
      sums += NoiseSums::of_row(x.row(r), z, matched.empty() ? nullptr : matched.row(r), n);
  }
  const double factor = known != nullptr ? known->scale : scale(sums, x.size());
  for (Index r = 0; r < x.rows(); ++r) {
    if (factor == 0.0) {
      std::copy_n(x.row(r), n, unit.out.row(r));
    } else {
      noise_kernels().add_scaled(x.row(r), unit.out.row(r), factor, unit.out.row(r), n);
    }
  }
}

Index ScaledNoise::rows_together(Index rows) const {
  if (is_identity()) return 1;
  if (entry_.relation.sees_unit && spans_matrix()) return rows;
  Index together = rows_of_unit(*entry_.scope, rows);
  for (const Distortion* other : {reference_.get(), strength_.matched()})
    if (other != nullptr) together = join_together(together, other->rows_together(rows), rows);
  return together;
}

MatrixFiguresPtr ScaledNoise::figures(const RowSource& x, const DistortionContext& context) const {
  if (is_identity()) return nullptr;
  const auto all = std::make_shared<Whole>();
  if (reference_)
    all->reference = reference_->figures(x, ReferredChoices::of_reference(*reference_, context));
  if (strength_.matched() != nullptr)
    all->matched =
        strength_.matched()->figures(x, ReferredChoices::of_matched(*strength_.matched(), context));
  if (spans_matrix() && !entry_.relation.sees_unit) {
    DistortionContext own = context;
    own.figures = all.get();
    all->unit = form_of_matrix(x, own);
  }
  return all;
}

/// The matrix as one unit: what the relation looks at first, then, with z drawn for the sums alone,
/// its scale.
ScaledNoise::UnitForm ScaledNoise::form_of_matrix(const RowSource& x,
                                                  const DistortionContext& context) const {
  UnitValues unit{{}, {}, floor()};
  const Index together = rows_together(x.rows());
  if (const auto look = entry_.relation.look)
    for_each_part(x, together, [&](Index, ConstMatrixView part) { look(part, unit.figures); });
  UnitForm form;
  if (entry_.relation.weights) form.multiply = entry_.relation.weights(unit);
  NoiseSums sums;
  for_each_part(x, together, [&](Index first, ConstMatrixView part) {
    DistortionContext own = context;
    own.first_element += static_cast<std::uint64_t>(first * x.cols());
    add_part(part, own, form.multiply, sums);
  });
  form.scale = scale(sums, x.rows() * x.cols());
  return form;
}

/// Adds the rows of a part in their order, whichever thread has drawn them.
void ScaledNoise::add_part(ConstMatrixView x, const DistortionContext& context,
                           const UnitWeights& multiply, NoiseSums& sums) const {
  const Matrix step = local_steps(x, context), matched = matched_values(x, context);
  const UnitValues values{x, step, floor()};
  std::vector<NoiseSums> rows(static_cast<std::size_t>(x.rows()));
  parallel_for((x.rows() + kDrawnRows - 1) / kDrawnRows, [&](Index piece) {
    std::vector<float> z(static_cast<std::size_t>(x.cols()));
    for (Index r = piece * kDrawnRows; r < std::min(x.rows(), (piece + 1) * kDrawnRows); ++r) {
      draw(r * x.cols(), context, z.data(), x.cols());
      if (multiply) multiply(values, r, z.data());
      rows[static_cast<std::size_t>(r)] = NoiseSums::of_row(
          x.row(r), z.data(), matched.empty() ? nullptr : matched.view().row(r), x.cols());
    }
  });
  for (const NoiseSums& row : rows) sums += row;
}

Json ScaledNoise::config() const {
  Json json = {{"noise", entry_.noise}};
  if (is_related_) {
    json.update(entry_.relation.config);
    json["strength"] = strength_.config();
    json["scope"] = ConfigValue<Unit>::write(*entry_.scope);
    return json;
  }
  for (std::size_t i = 0; i < draws_.shape.size(); ++i)
    json[draws_.distribution->parameters[i].name] = draws_.shape[i];
  json.update(fields_of<ScaledNoiseKeys>().write(entry_));
  json["strength"] = strength_.config();
  if (reference_) json["reference"] = reference_->config();
  return json;
}

/// The keys of an entry: those of all distributions, and the distribution's own behind `noise`.
std::vector<FieldDoc> entry_docs(const Distribution& distribution) {
  std::vector<FieldDoc> docs = ScaledNoiseKeys::fields().docs();
  auto place = docs.begin() + 1;
  for (const ShapeParameter& parameter : distribution.parameters)
    place = docs.insert(place, ShapeValue::field(parameter).docs().front()) + 1;
  return docs;
}

ScaledNoiseKeys read_keys(const ConfigNode& node, Draws& draws, ConfigErrors& errors) {
  const Index before = errors.count();
  const FieldTable<ScaledNoiseKeys>& table = fields_of<ScaledNoiseKeys>();
  std::vector<std::string> known = table.names();
  for (const ShapeParameter& parameter : draws.distribution->parameters)
    known.emplace_back(parameter.name);
  check_unknown_keys(node, known, errors, noise_other_keys());
  ScaledNoiseKeys entry;
  table.read_fields(node, entry, errors);
  for (const ShapeParameter& parameter : draws.distribution->parameters) {
    ShapeValue shape;
    ShapeValue::field(parameter).read_fields(node, shape, errors);
    draws.shape.push_back(shape.value);
  }
  if (errors.count() == before) entry.check(node, errors);
  return entry;
}

}  // namespace

NoiseKind scaled_noise_kind(const Distribution& distribution) {
  NoiseKind kind;
  kind.name = distribution.name;
  kind.summary = distribution.summary;
  kind.fields = entry_docs(distribution);
  kind.create = [&distribution](const ConfigNode& node, SiteTensor tensor,
                                const DistortionBuilder& build_reference,
                                ConfigErrors& errors) -> DistortionPtr {
    const Index before = errors.count();
    Draws draws{&distribution};
    ScaledNoiseKeys entry = read_keys(node, draws, errors);
    entry.scope = resolve_scope(entry.scope, default_noise_scope(tensor), node, tensor, errors);
    if (entry.relation.has_floor) entry.floor = entry.floor.value_or(kDefaultFloor);
    DistortionPtr matched, reference;
    if (entry.strength.match) matched = build_reference(*entry.strength.match, tensor, errors);
    if (entry.relation.needs_step) {
      reference =
          entry.reference ? build_reference(entry.reference->node, tensor, errors) : matched;
      if (reference && !reference->has_steps())
        errors.add(*node.find("relation"), "the reference has no steps");
    }
    if (errors.count() != before) return nullptr;
    return std::make_shared<ScaledNoise>(std::move(draws), entry,
                                         StrengthRule(entry.strength, matched), tensor, reference);
  };
  return kind;
}

NoiseKind related_noise_kind(const RelatedNoise& noise) {
  NoiseKind kind;
  kind.name = noise.name;
  kind.summary = noise.summary;
  kind.fields = RelatedKeys::fields(noise.name).docs();
  kind.fields.insert(kind.fields.begin() + 1, noise.relation_fields.begin(),
                     noise.relation_fields.end());
  kind.create = [noise](const ConfigNode& node, SiteTensor tensor,
                        const DistortionBuilder& build_reference,
                        ConfigErrors& errors) -> DistortionPtr {
    const Index before = errors.count();
    const FieldTable<RelatedKeys> table = RelatedKeys::fields(noise.name);
    std::vector<std::string> known = table.names();
    for (const FieldDoc& field : noise.relation_fields) known.push_back(field.name);
    check_unknown_keys(node, known, errors, noise_other_keys());
    RelatedKeys keys;
    table.read_fields(node, keys, errors);
    ScaledNoiseKeys entry;
    static_cast<SizeKeys&>(entry) = keys;
    entry.noise = noise.name;
    entry.relation = noise.relation(node, errors);
    entry.scope = resolve_scope(keys.scope, default_noise_scope(tensor), node, tensor, errors);
    DistortionPtr matched;
    if (keys.strength.match) matched = build_reference(*keys.strength.match, tensor, errors);
    if (errors.count() != before) return nullptr;
    return std::make_shared<ScaledNoise>(draws_of(noise.distribution), entry,
                                         StrengthRule(keys.strength, matched), tensor, nullptr,
                                         true);
  };
  return kind;
}

}  // namespace nf
