#include "eval/plan/system_memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace nf {
namespace {

namespace fs = std::filesystem;

/// The number behind `key` in a file of keys and numbers; key "": the file is one number.
std::optional<double> number_in(const fs::path& file, const std::string& key = "") {
  std::ifstream in(file);
  std::string word;
  while (word != key)
    if (!(in >> word)) return std::nullopt;
  double value = 0.0;
  return in >> value ? std::optional(value) : std::nullopt;  // "max": no limit
}

/// The files of one version of control groups.
struct GroupFiles {
  const char *limit, *used, *inactive_file, *active_file;
};
constexpr GroupFiles kVersion1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                                  "total_inactive_file", "total_active_file"};
constexpr GroupFiles kVersion2 = {"memory.max", "memory.current", "inactive_file", "active_file"};

/// Bytes that a group and those that it lies in leave; nullopt where none has a limit. A container
/// may see its own group as the top: files that are not there are passed over.
std::optional<double> left_in_groups(const fs::path& top, fs::path group, const GroupFiles& files) {
  std::optional<double> left;
  while (true) {
    const fs::path dir = top / group;
    const std::optional<double> limit = number_in(dir / files.limit);
    const std::optional<double> used = number_in(dir / files.used);
    if (limit && used) {
      const double cached = number_in(dir / "memory.stat", files.inactive_file).value_or(0.0) +
                            number_in(dir / "memory.stat", files.active_file).value_or(0.0);
      const double here = std::max(0.0, *limit - std::max(0.0, *used - cached));
      left = std::min(left.value_or(here), here);
    }
    if (group.empty()) return left;
    group = group.parent_path();
  }
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
  // Lines "NUMBER:CONTROLLERS:/GROUP"; version 2 has number 0 and no controllers.
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    std::istringstream parts(line);
    std::string number, controllers, group;
    std::getline(parts, number, ':');
    std::getline(parts, controllers, ':');
    std::getline(parts, group);
    const bool is_version_2 = number == "0" && controllers.empty();
    const bool is_memory = ("," + controllers + ",").find(",memory,") != std::string::npos;
    if ((!is_version_2 && !is_memory) || !group.starts_with('/')) continue;
    const fs::path top = root / "sys/fs/cgroup" / (is_version_2 ? "" : "memory");
    if (const auto left =
            left_in_groups(top, group.substr(1), is_version_2 ? kVersion2 : kVersion1))
      available = std::min(available, *left);
  }
  return available;
}

}  // namespace nf
