#include "eval/run/model_form.h"

namespace nf {

bool ModelForm::is_native() const {
  const auto has = [this](Arithmetic arithmetic) {
    return blocks == arithmetic || elsewhere == arithmetic;
  };
  return (!has(Arithmetic::bf16) || bf16_is_native()) &&
         (!has(Arithmetic::int8) || int8_is_native());
}

std::vector<ModelForm> model_forms() {
  return {{"f32", "f32 throughout", Arithmetic::f32, Arithmetic::f32},
          {"bf16", "bf16 products throughout", Arithmetic::bf16, Arithmetic::bf16},
          {"w8a8", "integer linears, attention and head f32", Arithmetic::int8, Arithmetic::f32},
          {"w8a8+bf16", "integer linears, attention and head bf16", Arithmetic::int8,
           Arithmetic::bf16}};
}

}  // namespace nf
