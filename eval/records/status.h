#pragma once

#include <optional>
#include <string_view>

namespace nf {

/// How a trial came through its items. A record is ok or failed: how much it has it says itself.
enum class Status {
  ok,
  failed,   ///< a number was not finite; the error beside it says where
  partial,  ///< of a row: some of its windows or questions have not run yet
};

/// "ok", "partial" and "failed": as records.jsonl, results.csv and the database spell them.
const char* status_name(Status status);
/// The status of a record of that name, nullopt for one that no record has.
std::optional<Status> status_from_name(std::string_view name);

}  // namespace nf
