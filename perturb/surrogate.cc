#include "perturb/surrogate.h"

#include <algorithm>

#include "core/base/check.h"

namespace nf {

void TwinTable::add(TwinKind kind) {
  for (const TwinKind& known : kinds_)
    NF_CHECK(known.name != kind.name && known.number != kind.number,
             "twins '{}' and '{}' have one name or number", known.name, kind.name);
  const auto behind = std::find_if(kinds_.begin(), kinds_.end(), [&kind](const TwinKind& known) {
    return known.number > kind.number;
  });
  kinds_.insert(behind, std::move(kind));
}

const std::vector<TwinKind>& twin_kinds() {
  static const TwinTable table = [] {
    TwinTable twins;
    register_builtin_twins(twins);
    return twins;
  }();
  return table.kinds();
}

std::uint64_t twin_ordinal(const TwinKind& kind) {
  return (std::uint64_t{1} << 32) * (1 + kind.number);
}

}  // namespace nf
