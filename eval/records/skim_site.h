#pragma once

#include "eval/records/json_cursor.h"
#include "eval/records/record_parts.h"
#include "eval/records/site_stats.h"

namespace nf {

/// A site of a record, as skim_record() reads it; the cursor fails where it is not as
/// record_to_line() writes it.
SiteStats skim_site(RecordParts parts, JsonCursor& cursor);

}  // namespace nf
