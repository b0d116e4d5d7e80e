#include "perturb/draws.h"

#include <utility>

#include "core/base/check.h"

namespace nf {

Draws draws_of(std::string_view name, std::vector<double> shape) {
  for (const Distribution* distribution : builtin_distributions()) {
    if (distribution->name != name) continue;
    NF_CHECK(shape.size() == distribution->parameters.size(), "{} values for '{}'", shape.size(),
             name);
    return {distribution, std::move(shape)};
  }
  NF_CHECK(false, "distribution '{}'", name);
}

}  // namespace nf
