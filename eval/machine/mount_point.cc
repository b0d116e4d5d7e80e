#include "eval/machine/mount_point.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

namespace nf {
namespace {

namespace fs = std::filesystem;

/// A path of mountinfo: space, tab, line break and backslash stand as \040 and the like (proc(5)).
std::string unescaped(std::string_view text) {
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && i + 3 < text.size() && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      path +=
          static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0');
      i += 3;
    } else {
      path += text[i];
    }
  }
  return path;
}

void add_options(const std::string& list, std::vector<std::string>& options) {
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');) options.push_back(word);
}

/// Whether a path is that folder or lies in it.
bool lies_in(const fs::path& path, const fs::path& folder) {
  if (folder == "/") return true;
  const auto end = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end.first == folder.end();
}

}  // namespace

bool MountPoint::has_option(const std::string& name) const {
  return std::find(options.begin(), options.end(), name) != options.end();
}

bool MountPoint::is_shared() const {
  constexpr std::string_view kShared[] = {
      "nfs",   "nfs4",  "lustre", "gpfs", "beegfs",    "ceph",           "cifs",      "smb3",
      "pvfs2", "panfs", "wekafs", "afs",  "fuse.ceph", "fuse.glusterfs", "fuse.sshfs"};
  return std::find(std::begin(kShared), std::end(kShared), type) != std::end(kShared);
}

std::optional<MountPoint> mount_point_of(const fs::path& folder, const fs::path& root) {
  std::error_code error;
  const fs::path whole = fs::canonical(folder, error);
  if (error) return std::nullopt;
  std::optional<MountPoint> found;
  // Lines of mountinfo (proc(5)): ID PARENT DEVICE ROOT DIR OPTIONS TAGS... - TYPE SOURCE OPTIONS.
  std::ifstream file(root / "proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string skipped, dir, own, type, source, options;
    words >> skipped >> skipped >> skipped >> skipped >> dir >> own;
    while (words >> skipped && skipped != "-") {
    }
    if (!(words >> type >> source >> options)) continue;
    MountPoint mount{.dir = unescaped(dir), .type = type};
    // Of two mounts at one place the later hides the earlier.
    if (!lies_in(whole, mount.dir) ||
        (found && mount.dir.native().size() < found->dir.native().size()))
      continue;
    add_options(own, mount.options);
    add_options(options, mount.options);
    found = std::move(mount);
  }
  return found;
}

}  // namespace nf
