#pragma once

#include <cstdint>
#include <string_view>

namespace nf {

/// Key of a site's random draws: XXH64 of the site's name (UTF-8, e.g. "layers.3.q_proj.weight")
/// with the entry's ordinal among the entries touching that site as XXH64's seed. Documented and
/// stable: changing it changes every noise result.
std::uint64_t draw_key(std::string_view site_name, std::uint64_t entry_ordinal);

}  // namespace nf
