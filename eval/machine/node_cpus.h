#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/types.h"

namespace nf {

/// CPUs of the smallest node in what `sinfo --format '%c %P'` prints, of the partition, or of the
/// default one (marked with a star) where that is "", or of all where there is none.
std::optional<Index> parse_node_cpus(std::string_view printed, const std::string& partition);

/// Asks sinfo. nullopt where it is not there or does not answer.
std::optional<Index> node_cpus(const std::string& partition);

}  // namespace nf
