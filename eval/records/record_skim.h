#pragma once

#include <optional>
#include <string_view>

#include "eval/records/record.h"
#include "eval/records/record_parts.h"

namespace nf {

/// A record out of its line, as record_from_line() reads it and many times as fast. None where the
/// line is not just as record_to_line() writes it today, or the trial failed: record_from_line()
/// then says what is wrong, or reads it.
std::optional<Record> skim_record(std::string_view line, RecordParts parts);

}  // namespace nf
