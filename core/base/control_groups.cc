#include "core/base/control_groups.h"

#include <fstream>
#include <sstream>

namespace nf {
namespace {

namespace fs = std::filesystem;

/// A hierarchy of control groups in the file system.
struct Mount {
  fs::path dir;    ///< where it is mounted
  std::string of;  ///< the group that lies there: "/" but in some containers
};

bool contains_word(const std::string& list, const std::string& word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

/// Mounts of the controller in version 1, or of version 2 (controller ""). Lines of
/// /proc/self/mountinfo (proc(5)): ID PARENT DEVICE ROOT DIR OPTIONS TAGS... - TYPE SOURCE OPTIONS.
std::vector<Mount> mounts(const std::string& controller, const fs::path& root) {
  std::vector<Mount> found;
  std::ifstream file(root / "proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string skipped, of, dir, type, source, options;
    words >> skipped >> skipped >> skipped >> of >> dir;
    while (words >> skipped && skipped != "-") {
    }
    words >> type >> source >> options;
    const bool wanted = controller.empty() ? type == "cgroup2"
                                           : type == "cgroup" && contains_word(options, controller);
    if (wanted) found.push_back({root / fs::path(dir).relative_path(), of});
  }
  // The usual places, where the kernel does not tell.
  if (found.empty()) found.push_back({root / "sys/fs/cgroup" / controller, "/"});
  return found;
}

void add_groups(const Mount& mount, const std::string& group, bool is_version_2,
                std::vector<ControlGroup>& groups) {
  // A group outside of what is mounted here stands for the mounted one.
  const fs::path own = fs::path(group).lexically_relative(mount.of);
  fs::path below = own.empty() || *own.begin() == ".." || own == "." ? fs::path() : own;
  for (;; below = below.parent_path()) {
    groups.push_back({mount.dir / below, is_version_2});
    if (below.empty()) return;
  }
}

}  // namespace

std::vector<ControlGroup> control_groups(const std::string& controller, const fs::path& root) {
  std::vector<ControlGroup> groups;
  // Lines "NUMBER:CONTROLLERS:/GROUP"; version 2 has number 0 and no controllers.
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    std::istringstream parts(line);
    std::string number, controllers, group;
    std::getline(parts, number, ':');
    std::getline(parts, controllers, ':');
    std::getline(parts, group);
    const bool is_version_2 = number == "0" && controllers.empty();
    if (!group.starts_with('/') || !(is_version_2 || contains_word(controllers, controller)))
      continue;
    for (const Mount& mount : mounts(is_version_2 ? "" : controller, root))
      add_groups(mount, group, is_version_2, groups);
  }
  return groups;
}

}  // namespace nf
