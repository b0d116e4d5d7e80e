#include <vector>

#include "core/random/philox.h"
#include "core/tensor/matrix.h"
#include "perturb/input_free.h"
#include "perturb/noise_entry.h"
#include "perturb/noise_registry.h"

namespace nf {
namespace {

struct StochasticKeys {
  std::string noise;
  QuantizerEntry reference;

  static FieldTable<StochasticKeys> fields() {
    FieldTable<StochasticKeys> table;
    table.required("noise", &StochasticKeys::noise, noise_name_field("stochastic"));
    table.required("reference", &StochasticKeys::reference,
                   {.summary = "the quantizer to whose levels values are rounded",
                    .example = {{"grid", "uniform"}, {"bits", 4}, {"granularity", "channel"}}});
    table.other_key("scope", "reference: {grid: ..., granularity: ...}: units are the quantizer's");
    for (const char* key : {"grid", "bits", "granularity"})
      table.other_key(key, "reference: {grid: uniform, bits: 4, granularity: channel}");
    return table;
  }
};

/// x̃ is one of the two levels of the reference's grid that x lies between, the nearer one the more
/// likely: E[x̃] = x, with the variance (x − lower)·(upper − x). The control for rounding to
/// nearest: the same levels, and an error that knows nothing of x but its place between two of
/// them. Beyond the outermost level x̃ is that level, as with the reference.
class Stochastic final : public Distortion {
 public:
  Stochastic(SiteTensor tensor, DistortionPtr reference)
      : tensor_(tensor), reference_(std::move(reference)) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    NF_CHECK(context.tensor() == tensor_, "built for another tensor");
    Matrix lower(x.rows(), x.cols());
    // What the reference counts as clipped comes to an outermost level here as well.
    const Index clipped = reference_->apply(x, context, lower).clipped;
    reference_->levels_around(x, context, lower, distorted);
    std::vector<std::uint64_t> draws(static_cast<std::size_t>(x.cols()));
    for (Index r = 0; r < x.rows(); ++r) {
      philox_kernels().draw_u64(draws.data(), x.cols(),
                                context.first_element + static_cast<std::uint64_t>(r * x.cols()),
                                context.key, context.seed);
      for (Index c = 0; c < x.cols(); ++c)
        if (!is_upper(x(r, c), lower(r, c), distorted(r, c), draws[static_cast<std::size_t>(c)]))
          distorted(r, c) = lower(r, c);
    }
    return {.clipped = clipped};
  }

  bool draws() const override { return true; }
  bool tells_clipped() const override { return reference_->tells_clipped(); }
  InputNeeds input_needs(SiteTensor tensor) const override {
    return reference_->input_needs(tensor);
  }
  DistortionPtr without_inputs() const override {
    const DistortionPtr reference = input_free(reference_, tensor_);
    return reference ? std::make_shared<Stochastic>(tensor_, reference) : nullptr;
  }
  bool follows_path() const override { return reference_->follows_path(); }
  bool chooses() const override { return reference_->chooses(); }
  TensorChoicePtr choose(const TensorReaders& readers,
                         const DistortionContext& context) const override {
    return reference_->choose(readers, context);
  }
  double scratch_bytes(Index rows, Index cols) const override {
    return sizeof(float) * static_cast<double>(rows * cols) + reference_->scratch_bytes(rows, cols);
  }
  Index rows_together(Index rows) const override { return reference_->rows_together(rows); }
  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext& context) const override {
    return reference_->figures(x, context);
  }

  Json config() const override {
    return {{"noise", "stochastic"}, {"reference", reference_->config()}};
  }

 private:
  /// With probability (x − lower)/(upper − lower); the draw as a number of [0, 1).
  static bool is_upper(float x, float lower, float upper, std::uint64_t draw) {
    constexpr double kScale = 0x1p-53;
    const double width = static_cast<double>(upper) - static_cast<double>(lower);
    const double above = static_cast<double>(x) - static_cast<double>(lower);
    return kScale * static_cast<double>(draw >> 11) * width < above;
  }

  SiteTensor tensor_;
  DistortionPtr reference_;
};

}  // namespace

void register_stochastic(NoiseRegistry& registry) {
  NoiseKind kind;
  kind.name = "stochastic";
  kind.summary = "unbiased rounding to one of the quantizer's two levels around each value";
  kind.fields = StochasticKeys::fields().docs();
  kind.create = [](const ConfigNode& node, SiteTensor tensor,
                   const DistortionBuilder& build_reference,
                   ConfigErrors& errors) -> DistortionPtr {
    const Index before = errors.count();
    const StochasticKeys entry = fields_of<StochasticKeys>().read(node, errors);
    if (errors.count() != before) return nullptr;
    const DistortionPtr reference = build_reference(entry.reference.node, tensor, errors);
    if (reference && !reference->has_levels())
      errors.add(*node.find("reference"),
                 "has no levels that each value is rounded to by itself; write a quantizer with "
                 "method: rtn");
    if (errors.count() != before) return nullptr;
    return std::make_shared<Stochastic>(tensor, reference);
  };
  registry.add(std::move(kind));
}

}  // namespace nf
