#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace nf {

/// A .npy file of int32, version 1: magic, header padded to 64 bytes, the values. `shape` as NumPy
/// writes it: "2, 7" or "5,".
inline void write_npy(const std::filesystem::path& path, const std::string& shape,
                      const std::vector<std::int32_t>& values) {
  std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (" + shape + "), }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::ofstream out(path, std::ios::binary);
  out << std::string("\x93NUMPY\x01\x00", 8) << static_cast<char>(header.size() & 0xff)
      << static_cast<char>(header.size() >> 8) << header;
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof values[0]));
}

}  // namespace nf
