#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nf {

/// The mount that a folder lies in.
struct MountPoint {
  std::filesystem::path dir;           ///< where it is mounted
  std::string type;                    ///< "ext4", "nfs4", "lustre", ...
  std::vector<std::string> options{};  ///< "rw", "nolock", ...

  bool has_option(const std::string& name) const;
  /// File systems that several machines share.
  bool is_shared() const;
};

/// The mount of a folder that is there, as the kernel tells it; nullopt where it does not. root:
/// the folder with /proc in it.
std::optional<MountPoint> mount_point_of(const std::filesystem::path& folder,
                                         const std::filesystem::path& root = "/");

}  // namespace nf
