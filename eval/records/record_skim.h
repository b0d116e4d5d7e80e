#pragma once

#include <optional>
#include <string_view>

#include "eval/records/record.h"

namespace nf {

/// The part of a record's line that tables of figures need, read several times as fast: without
/// env, run, questions' details and detail of windows, and of sites only what their relative L2 is
/// made of and which groups they chose (SiteStats::complete is false). None where the line is not
/// just as record_to_line() writes it (or has questions): record_from_line() then says what is
/// wrong, or reads it.
std::optional<Record> skim_record(std::string_view line);

}  // namespace nf
