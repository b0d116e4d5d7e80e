#pragma once

#include <optional>
#include <string_view>

namespace nf {

/// How a trial came through its items.
enum class Status {
  ok,
  failed,  ///< a number was not finite; the error beside it says where
};

/// "ok" and "failed": as records.jsonl, results.csv and the database spell them.
const char* status_name(Status status);
/// The status of that name, nullopt for an unknown one.
std::optional<Status> status_from_name(std::string_view name);

}  // namespace nf
