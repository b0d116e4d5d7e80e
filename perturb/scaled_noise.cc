#include "perturb/scaled_noise.h"

#include <algorithm>
#include <cmath>

#include "core/tensor/matrix.h"
#include "perturb/draws.h"
#include "perturb/noise_entry.h"
#include "perturb/noise_kernels.h"
#include "perturb/relation.h"
#include "perturb/strength.h"
#include "perturb/unit_slices.h"

namespace nf {
namespace {

/// Default of `floor`.
constexpr double kDefaultFloor = 1e-3;

struct ScaledNoiseKeys {
  std::string noise;
  Relation relation = relations().plain("independent");
  std::optional<double> floor;
  Strength strength;
  std::optional<Unit> scope;
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
    table.required("strength", &ScaledNoiseKeys::strength,
                   {.summary = "size of the noise in each unit, met exactly",
                    .example = {{"relative_l2", 0.1}}});
    table.optional("scope", &ScaledNoiseKeys::scope, scope_field());
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

class ScaledNoise final : public Distortion {
 public:
  /// entry: with all defaults filled in.
  ScaledNoise(Draws draws, const ScaledNoiseKeys& entry, StrengthRule strength, SiteTensor tensor,
              DistortionPtr reference)
      : draws_(std::move(draws)),
        entry_(entry),
        strength_(std::move(strength)),
        tensor_(tensor),
        reference_(std::move(reference)) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override;
  bool is_identity() const override { return strength_.is_zero(); }
  bool draws() const override { return !is_identity(); }
  InputNeeds input_needs(SiteTensor tensor) const override;
  double scratch_bytes(Index rows, Index cols) const override;
  Json config() const override;

 private:
  /// z ← draws of n elements of the matrix from `element` on.
  void draw(Index element, const DistortionContext& context, float* z, Index n) const {
    draws_.fill(z, n, context.first_element + static_cast<std::uint64_t>(element), context.key,
                context.seed);
  }
  void distort_unit(const UnitSlice& unit, Index row_length,
                    const DistortionContext& context) const;

  Draws draws_;
  ScaledNoiseKeys entry_;
  StrengthRule strength_;
  SiteTensor tensor_;
  DistortionPtr reference_;  ///< of relation `step`, else null
};

InputNeeds ScaledNoise::input_needs(SiteTensor tensor) const {
  InputNeeds needs;
  if (is_identity()) return needs;
  if (reference_) needs = reference_->input_needs(tensor);
  const Distortion* matched = strength_.matched();
  return matched == nullptr ? needs : needs.joined(matched->input_needs(tensor));
}

double ScaledNoise::scratch_bytes(Index rows, Index cols) const {
  const double matrix = sizeof(float) * static_cast<double>(rows * cols);
  const Distortion* matched = strength_.matched();
  const double of_step = reference_ ? reference_->scratch_bytes(rows, cols) : 0.0;
  const double of_match = matched != nullptr ? matched->scratch_bytes(rows, cols) : 0.0;
  return (reference_ ? matrix : 0.0) + (matched != nullptr ? matrix : 0.0) +
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
  Matrix step, matched;
  if (reference_) {
    step.resize(x.rows(), x.cols());
    reference_->local_step(x, context, step);
  }
  if (const Distortion* quantizer = strength_.matched()) {
    matched.resize(x.rows(), x.cols());
    quantizer->apply(x, context, matched);
  }
  const UnitBlocks blocks(*entry_.scope, tensor_, x.rows(), x.cols());
  if (blocks.are_columns())  // a draw costs least for consecutive elements
    for (Index r = 0; r < x.rows(); ++r) draw(r * x.cols(), context, distorted.row(r), x.cols());
  for_each_unit(blocks, {x, step, matched}, distorted,
                [&](const UnitSlice& unit) { distort_unit(unit, x.cols(), context); });
  return {};
}

void ScaledNoise::distort_unit(const UnitSlice& unit, Index row_length,
                               const DistortionContext& context) const {
  const NoiseKernels& kernels = noise_kernels();
  const auto& [x, step, matched] = unit.in;
  const UnitValues values{x, step, entry_.floor.value_or(kDefaultFloor)};
  const UnitWeights multiply = entry_.relation.weights ? entry_.relation.weights(values) : nullptr;
  const Index n = x.cols();
  double x_squares = 0.0, z_squares = 0.0, matched_squares = 0.0;
  for (Index r = 0; r < x.rows(); ++r) {
    float* z = unit.out.row(r);  // stands where x̃ will stand
    if (!unit.copied) draw((unit.where.row + r) * row_length + unit.where.col, context, z, n);
    if (multiply) multiply(values, r, z);
    x_squares += kernels.sum_squares(x.row(r), n);
    z_squares += kernels.sum_squares(z, n);
    if (!matched.empty()) matched_squares += kernels.squared_distance(matched.row(r), x.row(r), n);
  }
  const double target = strength_.norm(std::sqrt(x_squares), std::sqrt(matched_squares), x.size());
  // Noise beyond f32 must show as a failure, not vanish as target / infinity would.
  const double scale = z_squares == 0.0           ? 0.0
                       : std::isfinite(z_squares) ? target / std::sqrt(z_squares)
                                                  : std::numeric_limits<double>::quiet_NaN();
  for (Index r = 0; r < x.rows(); ++r) {
    if (scale == 0.0) {
      std::copy_n(x.row(r), n, unit.out.row(r));
    } else {
      kernels.add_scaled(x.row(r), unit.out.row(r), scale, unit.out.row(r), n);
    }
  }
}

Json ScaledNoise::config() const {
  Json json = {{"noise", entry_.noise}};
  for (std::size_t i = 0; i < draws_.shape.size(); ++i)
    json[draws_.distribution->parameters[i].name] = draws_.shape[i];
  json.update(ScaledNoiseKeys::fields().write(entry_));
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
  const FieldTable<ScaledNoiseKeys> table = ScaledNoiseKeys::fields();
  std::vector<std::string> known = table.names();
  for (const ShapeParameter& parameter : draws.distribution->parameters)
    known.emplace_back(parameter.name);
  check_unknown_keys(node, known, errors);
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

}  // namespace nf
