#include "core/model/decoder_spec.h"

namespace nf {

std::vector<Role> DecoderSpec::roles() const {
  std::vector<Role> roles;
  for (const LinearTensors& linear : block(0).linears) roles.push_back(linear.role);
  return roles;
}

}  // namespace nf
