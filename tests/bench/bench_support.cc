#include "tests/bench/bench_support.h"

#include <fmt/format.h>

#include "core/base/cpu_info.h"
#include "core/ops/gemm.h"
#include "core/simd/dispatch.h"

namespace nf {

std::string machine_line() {
  return fmt::format("{}, 1 thread, kernels {}, {} ({}), g++ {}.{}", cpu_model(),
                     isa_name(cpu_isa()), gemm_library(), gemm_isa(), __GNUC__, __GNUC_MINOR__);
}

}  // namespace nf
