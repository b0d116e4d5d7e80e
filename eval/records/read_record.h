#pragma once

#include <filesystem>
#include <string_view>

#include "eval/records/record.h"
#include "eval/records/record_parts.h"

namespace nf {

/// A record out of line `number`, from 1 on, of the records.jsonl at `path`: as skim_record() reads
/// it, else as record_from_line(). DataError says what to do about a damaged line.
Record read_record(std::string_view line, RecordParts parts, const std::filesystem::path& path,
                   Index number);

}  // namespace nf
