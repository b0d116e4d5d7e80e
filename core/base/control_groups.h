#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nf {

/// The folder of a control group that this process lies in.
struct ControlGroup {
  std::filesystem::path dir;
  bool is_version_2 = false;
};

/// The group of this process that `controller` ("cpu", "memory") belongs to and the groups that it
/// lies in, in both versions of control groups; of folders that may be there: a container sees its
/// own group as the top. root: the folder with /proc and /sys in it.
std::vector<ControlGroup> control_groups(const std::string& controller,
                                         const std::filesystem::path& root = "/");

}  // namespace nf
