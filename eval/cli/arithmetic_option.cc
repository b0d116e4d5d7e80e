#include "eval/cli/arithmetic_option.h"

#include <utility>

#include "eval/cli/enum_option.h"
#include "eval/run/arithmetic_warnings.h"

namespace nf {

Arithmetic arithmetic_option(const CommandLine& line) {
  constexpr std::pair<const char*, Arithmetic> kNames[] = {{"f32", Arithmetic::f32},
                                                           {"bf16", Arithmetic::bf16}};
  const Arithmetic arithmetic = enum_option(line, "arithmetic", kNames, Arithmetic::f32);
  check_arithmetic(arithmetic, "--arithmetic: bf16");
  return arithmetic;
}

}  // namespace nf
