#include "eval/plan/system_memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "core/base/control_groups.h"
#include "core/base/number_in_file.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// The files of one version of control groups.
struct GroupFiles {
  const char *limit, *used, *inactive_file, *active_file;
};
constexpr GroupFiles kVersion1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                                  "total_inactive_file", "total_active_file"};
constexpr GroupFiles kVersion2 = {"memory.max", "memory.current", "inactive_file", "active_file"};

/// Bytes that a group leaves; nullopt where it has no limit.
std::optional<double> left_in(const ControlGroup& group) {
  const GroupFiles& files = group.is_version_2 ? kVersion2 : kVersion1;
  const std::optional<double> limit = number_in(group.dir / files.limit);
  const std::optional<double> used = number_in(group.dir / files.used);
  if (!limit || !used) return std::nullopt;
  const double cached = number_in(group.dir / "memory.stat", files.inactive_file).value_or(0.0) +
                        number_in(group.dir / "memory.stat", files.active_file).value_or(0.0);
  return std::max(0.0, *limit - std::max(0.0, *used - cached));
}

}  // namespace

double resident_bytes() { return 1024.0 * number_in("/proc/self/status", "VmRSS:").value_or(0.0); }

double peak_resident_bytes() {
  return 1024.0 * number_in("/proc/self/status", "VmHWM:").value_or(0.0);
}

bool reset_peak_resident() {
  std::ofstream out("/proc/self/clear_refs");  // proc(5): 5 resets VmHWM
  out << "5" << std::flush;
  return out.good();
}

double available_bytes(const fs::path& root) {
  double available =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  if (const auto kib = number_in(root / "proc/meminfo", "MemAvailable:")) available = 1024.0 * *kib;
  for (const ControlGroup& group : control_groups("memory", root))
    if (const std::optional<double> left = left_in(group)) available = std::min(available, *left);
  return available;
}

}  // namespace nf
