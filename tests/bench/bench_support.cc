#include "tests/bench/bench_support.h"

#include <fmt/format.h>

#include "core/base/cpu_info.h"
#include "core/config/yaml_reader.h"
#include "core/ops/gemm.h"
#include "core/simd/dispatch.h"

namespace nf {

std::string machine_line() {
  return fmt::format("{}, 1 thread, kernels {}, {} ({}), g++ {}.{}", cpu_model(),
                     isa_name(cpu_isa()), gemm_library(), gemm_isa(), __GNUC__, __GNUC_MINOR__);
}

DistortionPtr read_distortion(const Kinds& kinds, const std::string& yaml, SiteTensor tensor) {
  ConfigErrors errors;
  const ConfigNode node = parse_yaml(yaml, "bench", errors);
  const DistortionBuilder reference = [&](const ConfigNode& quantizer, SiteTensor of,
                                          ConfigErrors& inner) {
    return kinds.quantizers.create(quantizer, of, inner);
  };
  DistortionPtr distortion = node.find("noise")
                                 ? kinds.noises.create(node, tensor, reference, errors)
                                 : kinds.quantizers.create(node, tensor, errors);
  errors.throw_if_any();
  return distortion;
}

}  // namespace nf
