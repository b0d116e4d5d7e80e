#include "core/random/draw_key.h"

#include <xxhash.h>

namespace nf {

std::uint64_t draw_key(std::string_view site_name, std::uint64_t entry_ordinal) {
  return XXH64(site_name.data(), site_name.size(), entry_ordinal);
}

}  // namespace nf
