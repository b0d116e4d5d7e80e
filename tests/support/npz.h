#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// One array of an .npz file, whatever its type there.
struct NpzArray {
  std::vector<Index> shape;
  std::vector<double> values;  ///< in C order
};

/// The arrays of a file that numpy.savez or savez_compressed wrote: a zip archive of .npy files.
/// Throws std::runtime_error for anything that these do not write.
class Npz {
 public:
  explicit Npz(const std::filesystem::path& path);

  bool has(const std::string& name) const { return files_.contains(name + ".npy"); }
  /// uint8, int32, float32 or float64.
  NpzArray read(const std::string& name) const;

 private:
  struct File {
    std::size_t begin = 0;  ///< of its local header
    std::size_t packed = 0, unpacked = 0;
    bool deflated = false;
  };
  std::string unpack(const File& file) const;

  std::string bytes_;
  std::map<std::string, File> files_;
};

/// The array of an .npy file's bytes.
NpzArray parse_npy(std::string_view bytes);

}  // namespace nf
