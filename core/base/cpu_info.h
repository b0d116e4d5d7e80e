#pragma once

#include <string>

namespace nf {

/// The CPU's model name as the kernel has it, e.g. "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz".
std::string cpu_model();
/// The current time in UTC, as "2026-11-22T06:30:00Z".
std::string utc_time();

}  // namespace nf
