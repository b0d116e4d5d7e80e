#pragma once

#include <optional>
#include <string_view>

namespace nf {

/// Reads a time limit in seconds: as parse_duration() does, "90s", "2h", or as Slurm and its
/// `squeue -o %L` write it: M:SS, H:MM:SS, D-HH, D-HH:MM, D-HH:MM:SS, and UNLIMITED (infinity).
/// Nullopt for text that is none: a number alone would be minutes for one and seconds for another.
std::optional<double> parse_time_limit(std::string_view text);

}  // namespace nf
