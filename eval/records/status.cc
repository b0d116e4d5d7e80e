#include "eval/records/status.h"

#include "core/base/check.h"

namespace nf {

const char* status_name(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::partial:
      return "partial";
    case Status::failed:
      return "failed";
  }
  NF_CHECK(false, "status {}", static_cast<int>(status));
}

std::optional<Status> status_from_name(std::string_view name) {
  for (const Status status : {Status::ok, Status::failed})
    if (name == status_name(status)) return status;
  return std::nullopt;
}

}  // namespace nf
