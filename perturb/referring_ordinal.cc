#include "perturb/referring_ordinal.h"

#include <algorithm>

#include "core/base/check.h"
#include "perturb/surrogate.h"

namespace nf {

std::uint64_t referring_ordinal(std::string_view twin) {
  const std::vector<TwinKind>& kinds = twin_kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                 [&](const TwinKind& each) { return each.name == twin; });
  NF_CHECK(kind != kinds.end(), "no twin '{}'", twin);
  return twin_ordinal(*kind);
}

}  // namespace nf
