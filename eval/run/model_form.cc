#include "eval/run/model_form.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/ops/int8.h"

namespace nf {

bool ModelForm::is_native() const {
  const auto has = [this](Arithmetic arithmetic) {
    return blocks == arithmetic || elsewhere == arithmetic;
  };
  return (!has(Arithmetic::bf16) || bf16_is_native()) &&
         (!has(Arithmetic::int8) || int8_is_native());
}

std::string ModelForm::problem(const DecoderSpec& spec) const {
  if (blocks != Arithmetic::int8) return "";
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
    for (const LinearTensors& linear : spec.block(layer).linears)
      if (linear.in > kMostInt8Inputs)
        return fmt::format(
            "{} of layer {} has {} inputs, and sums of more than {} products of 8 by 8 bits go "
            "beyond 32 bits; take f32 or bf16",
            role_name(linear.role), layer, linear.in, kMostInt8Inputs);
  return "";
}

void ModelForm::set(Decoder& decoder, const std::string& place) const {
  if (const std::string why = problem(decoder.spec()); !why.empty())
    throw ConfigError(fmt::format("{}: {}", place, why));
  decoder.set_arithmetic(elsewhere, blocks);
}

std::vector<ModelForm> model_forms() {
  return {{"f32", "f32 throughout", Arithmetic::f32, Arithmetic::f32},
          {"bf16", "bf16 products throughout", Arithmetic::bf16, Arithmetic::bf16},
          {"w8a8", "integer linears, attention and head f32", Arithmetic::int8, Arithmetic::f32},
          {"w8a8+bf16", "integer linears, attention and head bf16", Arithmetic::int8,
           Arithmetic::bf16}};
}

}  // namespace nf
