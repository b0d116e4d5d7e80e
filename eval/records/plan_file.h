#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/json.h"

namespace nf {

/// "FILE: CAUSE" where plan.json is no list of calls; nullopt where it is, or is not there.
std::optional<std::string> plan_file_damage(const std::filesystem::path& file);

/// Puts an empty list in the place of a file that is no list of calls. Throws DataError where that
/// cannot be, a folder for instance, so that a run need not come to its end to learn it.
void mend_plan_file(const std::filesystem::path& file);

/// Adds the planned and the actual cost of one call of `run` to the list in plan.json: the calls
/// before keep theirs, so a run that was resumed can be added up. The file is written whole or not
/// at all. A file that is no such list is replaced: a run does not fail for the sake of its own
/// account. Throws DataError where it cannot be written.
void append_to_plan_file(const std::filesystem::path& file, Json call);

}  // namespace nf
