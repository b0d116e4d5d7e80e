#include "core/checkpoint/torch_bin.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/checkpoint/pickle.h"
#include "core/checkpoint/torch_state_dict.h"
#include "core/checkpoint/zip_directory.h"
#include "core/io/lfs_pointer.h"

namespace nf {
namespace {

std::string_view start_of(const MappedFile& file, std::size_t count) {
  return {reinterpret_cast<const char*>(file.bytes().data()), std::min(count, file.bytes().size())};
}

/// Refuses a file that is no zip archive, and says what it is instead.
[[noreturn]] void refuse_other_forms(const MappedFile& file) {
  constexpr std::string_view kLegacyMagic(
      "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14);
  constexpr std::size_t kTarMagicAt = 257;
  const std::string_view start = start_of(file, 512);
  const std::string path = file.path().string();
  if (start.starts_with(kLegacyMagic) ||
      start.substr(std::min(kTarMagicAt, start.size())).starts_with("ustar"))
    throw DataError(
        fmt::format("{}: written by torch.save in the form before PyTorch 1.6, which is not read; "
                    "{}",
                    path, kSaveTorchAgain));
  refuse_lfs_pointer(start, path);
  throw DataError(
      fmt::format("{}: not a zip archive, as torch.save writes since PyTorch 1.6; "
                  "truncated or not finished downloading?",
                  path));
}

/// The folder in the archive that everything is in, with its '/'.
std::string_view folder_of(const ZipDirectory& directory, const MappedFile& file) {
  constexpr std::string_view kPickle = "data.pkl";
  std::string_view folder;
  for (const auto& [name, entry] : directory) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos || name.substr(slash + 1) != kPickle) continue;
    if (!folder.empty())
      throw DataError(fmt::format("{}: holds more than one data.pkl", file.path().string()));
    folder = std::string_view(name).substr(0, slash + 1);
  }
  if (folder.empty())
    throw DataError(fmt::format("{}: a zip archive without data.pkl; was it written by torch.save?",
                                file.path().string()));
  return folder;
}

std::span<const std::byte> bytes_of(const MappedFile& file, const ZipEntry& entry) {
  return file.bytes().subspan(static_cast<std::size_t>(entry.begin),
                              static_cast<std::size_t>(entry.bytes));
}

/// PyTorch 2.1 and later write the byte order down; all earlier files are little-endian.
void check_byte_order(const MappedFile& file, const ZipDirectory& directory,
                      std::string_view folder) {
  const auto entry = directory.find(fmt::format("{}byteorder", folder));
  if (entry == directory.end()) return;
  const std::span<const std::byte> bytes = bytes_of(file, entry->second);
  const std::string_view order(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (order != "little")
    throw DataError(fmt::format("{}: byte order '{}' is not read, only 'little'",
                                file.path().string(), printable(order)));
}

std::vector<TensorInfo> read_tensors(const MappedFile& file) {
  if (!looks_like_zip(file)) refuse_other_forms(file);
  const ZipDirectory directory = read_zip_directory(file);
  const std::string_view folder = folder_of(directory, file);
  check_byte_order(file, directory, folder);
  const ZipEntry pickle = directory.find(fmt::format("{}data.pkl", folder))->second;
  const std::vector<std::string_view> globals = torch_globals();
  const PickleTree tree = read_pickle(bytes_of(file, pickle),
                                      fmt::format("{}: data.pkl", file.path().string()), globals);
  return read_torch_state_dict(file, directory, folder, tree.root());
}

}  // namespace

WeightFile open_torch_bin(const std::filesystem::path& path) {
  MappedFile file(path);
  std::vector<TensorInfo> tensors = read_tensors(file);
  // The headers lie between the storages: what was read around them is not needed.
  file.advise(0, file.size(), MappedFile::Advice::dont_need);
  return {std::move(file), std::move(tensors)};
}

}  // namespace nf
