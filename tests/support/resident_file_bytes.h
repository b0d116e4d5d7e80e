#pragma once

#include <fstream>
#include <string>

#include "core/base/types.h"

namespace nf {

/// Resident bytes of this process that belong to files (to shared memory where /tmp is one); 0
/// where the system does not tell.
inline Index resident_file_bytes() {
  std::ifstream status("/proc/self/status");
  Index kib = 0;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssFile:") || line.starts_with("RssShmem:"))
      kib += std::stoll(line.substr(line.find(':') + 1));
  return kib * 1024;
}

}  // namespace nf
