#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "perturb/noise_entry.h"
#include "perturb/noise_registry.h"

namespace nf {
namespace {

/// Bits of an f32's mantissa that are stored.
constexpr Index kMantissaBits = 23;

struct RoundKeys {
  std::string noise;
  Index mantissa_bits = 0;

  static FieldTable<RoundKeys> fields() {
    FieldTable<RoundKeys> table;
    table.required("noise", &RoundKeys::noise, noise_name_field("round"));
    table.required("mantissa_bits", &RoundKeys::mantissa_bits,
                   {.summary = "bits behind the leading one that stay: 7 of bf16, 10 of f16, 23 of "
                               "f32",
                    .unit = "bits",
                    .range = between(0, kMantissaBits),
                    .example = 7});
    const std::string bits = "mantissa_bits: 7, or grid: instead of noise: for a quantizer";
    table.other_key("bits", bits);
    table.other_key("mantissa", bits);
    return table;
  }
};

/// x̃ = x rounded to a shorter mantissa, half to even; the exponent keeps the range of f32, so that
/// 7 bits give bf16 and nothing overflows but what becomes the largest finite value. Draws nothing.
class RoundMantissa final : public Distortion {
 public:
  RoundMantissa(const RoundKeys& entry, SiteTensor tensor) : entry_(entry), tensor_(tensor) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    NF_CHECK(context.tensor() == tensor_, "built for another tensor");
    for (Index r = 0; r < x.rows(); ++r) {
      const float* from = x.row(r);
      float* to = distorted.row(r);
      for (Index c = 0; c < x.cols(); ++c) to[c] = rounded(from[c]);
    }
    return {};
  }

  bool is_identity() const override { return entry_.mantissa_bits == kMantissaBits; }
  Index rows_together(Index) const override { return 1; }
  Json config() const override { return fields_of<RoundKeys>().write(entry_); }

 private:
  /// Whether the last place that stays is 1: where none is stored, the leading one, which only
  /// denormal values lack.
  static bool is_odd(std::uint32_t bits, std::uint32_t dropped) {
    const std::uint32_t staying = (bits & 0x7fffffffu) >> dropped;
    return dropped == kMantissaBits ? staying > 0 : staying % 2 == 1;
  }
  float rounded(float v) const {
    if (!std::isfinite(v)) return v;
    const auto dropped = static_cast<std::uint32_t>(kMantissaBits - entry_.mantissa_bits);
    const std::uint32_t mask = (std::uint32_t{1} << dropped) - 1;
    const auto bits = std::bit_cast<std::uint32_t>(v);
    // Half of the last place that stays, less one where it is even already: ties go to even.
    const std::uint32_t up = dropped == 0 ? 0 : (mask >> 1) + (is_odd(bits, dropped) ? 1 : 0);
    const auto result = std::bit_cast<float>((bits + up) & ~mask);
    if (std::isfinite(result)) return result;
    const auto largest = std::bit_cast<std::uint32_t>(std::numeric_limits<float>::max());
    return std::copysign(std::bit_cast<float>(largest & ~mask), v);
  }

  RoundKeys entry_;
  SiteTensor tensor_;
};

}  // namespace

void register_round(NoiseRegistry& registry) {
  NoiseKind kind;
  kind.name = "round";
  kind.summary = "values rounded to a shorter mantissa";
  kind.fields = RoundKeys::fields().docs();
  kind.create = [](const ConfigNode& node, SiteTensor tensor, const DistortionBuilder&,
                   ConfigErrors& errors) -> DistortionPtr {
    const Index before = errors.count();
    const RoundKeys entry = fields_of<RoundKeys>().read(node, errors);
    if (errors.count() != before) return nullptr;
    return std::make_shared<RoundMantissa>(entry, tensor);
  };
  registry.add(std::move(kind));
}

}  // namespace nf
