#include "eval/records/read_record.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "eval/records/record_skim.h"

namespace nf {

Record read_record(std::string_view line, RecordParts parts, const std::filesystem::path& path,
                   Index number) {
  if (std::optional<Record> record = skim_record(line, parts)) return std::move(*record);
  try {
    return record_from_line(std::string(line), fmt::format("{}:{}", path.string(), number));
  } catch (const DataError& error) {
    throw DataError(fmt::format(
        "{}; if the file was damaged, delete line {}: what it held runs again with the next "
        "`noisefloor run` into this folder",
        error.what(), number));
  }
}

}  // namespace nf
