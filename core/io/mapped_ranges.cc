#include "core/io/mapped_ranges.h"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <mutex>
#include <system_error>

#include "core/base/error.h"

namespace nf {
namespace {

/// A mapping in a list that only grows, so that a signal handler may walk it at any moment; an
/// entry whose mapping is gone is used again.
struct Mapping {
  std::atomic<const std::byte*> begin{nullptr};  ///< null: free; written last
  std::size_t size = 0;
  std::string path;
  struct stat status {};
  Mapping* next = nullptr;
};

std::atomic<Mapping*> first_mapping{nullptr};
std::mutex writers;

Mapping& free_mapping() {
  for (Mapping* each = first_mapping; each != nullptr; each = each->next)
    if (each->begin == nullptr) return *each;
  auto* added = new Mapping;  // stays: a handler may stand on it
  added->next = first_mapping;
  first_mapping = added;
  return *added;
}

/// The way in which a file has changed; nullopt: it has not.
std::optional<std::string> change_of(const Mapping& mapping) {
  struct stat now {};
  const struct stat& then = mapping.status;
  if (::stat(mapping.path.c_str(), &now) != 0) return std::generic_category().message(errno);
  if (now.st_ino != then.st_ino || now.st_dev != then.st_dev) return "another file has its name";
  if (now.st_size != then.st_size)
    return fmt::format("it has {} bytes, it had {}", now.st_size, then.st_size);
  if (now.st_mtim.tv_sec != then.st_mtim.tv_sec || now.st_mtim.tv_nsec != then.st_mtim.tv_nsec)
    return "it was written to";
  return std::nullopt;
}

}  // namespace

void note_mapping(const std::byte* data, std::size_t size, const std::string& path,
                  const struct stat& status) {
  const std::lock_guard lock(writers);
  Mapping& mapping = free_mapping();
  mapping.size = size;
  mapping.path = path;
  mapping.status = status;
  mapping.begin = data;
}

std::optional<struct stat> mapped_status(const std::byte* data) {
  const std::lock_guard lock(writers);
  for (const Mapping* each = first_mapping; each != nullptr && data != nullptr; each = each->next)
    if (each->begin == data) return each->status;
  return std::nullopt;
}

void forget_mapping(const std::byte* data) {
  const std::lock_guard lock(writers);
  for (Mapping* each = first_mapping; each != nullptr; each = each->next)
    if (each->begin == data) each->begin = nullptr;
}

void check_mapped_files() {
  const std::lock_guard lock(writers);
  for (const Mapping* each = first_mapping; each != nullptr; each = each->next) {
    if (each->begin == nullptr) continue;
    if (const std::optional<std::string> change = change_of(*each))
      throw DataError(fmt::format(
          "{}: changed while it was being read ({}); nothing that was read of it since is kept",
          each->path, *change));
  }
}

const char* mapped_file_at(const void* address) noexcept {
  const auto* const at = static_cast<const std::byte*>(address);
  const std::less<const std::byte*> before;
  for (const Mapping* each = first_mapping; each != nullptr; each = each->next) {
    const std::byte* const begin = each->begin;
    if (begin != nullptr && !before(at, begin) && before(at, begin + each->size))
      return each->path.c_str();
  }
  return nullptr;
}

}  // namespace nf
