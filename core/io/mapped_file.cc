#include "core/io/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/io/mapped_ranges.h"
#include "core/io/posix_file.h"

namespace nf {
namespace {

/// Linux reads no more than the device's read-ahead size for one call, 128 KiB by default, and
/// silently leaves the rest: large ranges take many calls.
constexpr Index kReadAhead = Index{128} << 10;
/// Touching one page makes its whole folio resident, on Linux 6.18 up to 2 MiB, aligned in the
/// file. Releasing exactly the bytes that were read would leave a part of a folio behind at each
/// end.
constexpr Index kReleaseBlock = Index{2} << 20;

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  // Opening a pipe waits for its other end, unless told not to.
  const PosixFile file(path, O_RDONLY | O_NONBLOCK);
  if (file.is_directory())
    throw DataError(fmt::format("{}: is a directory, a file is needed", file.name()));
  const struct stat status = file.status();  // before it is mapped: a change in between counts
  if (!S_ISREG(status.st_mode))
    throw DataError(
        fmt::format("{}: is a pipe or a device, which cannot be mapped into memory; copy it to a "
                    "file first",
                    file.name()));
  size_ = status.st_size;
  if (size_ == 0) return;  // mmap refuses a length of zero
  void* address =
      ::mmap(nullptr, static_cast<std::size_t>(size_), PROT_READ, MAP_SHARED, file.fd(), 0);
  if (address == MAP_FAILED) file.fail("map into memory");
  data_ = static_cast<const std::byte*>(address);
  note_mapping(data_, static_cast<std::size_t>(size_), path.string(), status);
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  forget_mapping(data_);  // first: the addresses may be another mapping's at once
  ::munmap(const_cast<std::byte*>(data_), static_cast<std::size_t>(size_));
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void MappedFile::advise(Index offset, Index count, Advice advice) const {
  NF_CHECK(offset >= 0 && count >= 0 && offset <= size_ && count <= size_ - offset,
           "[{}, +{}) of {} bytes", offset, count, size_);
  if (count == 0) return;
  const Index block = advice == Advice::dont_need ? kReleaseBlock : Index{::sysconf(_SC_PAGESIZE)};
  const Index begin = offset / block * block;
  const Index end = std::min(size_, (offset + count + block - 1) / block * block);
  std::byte* const address = const_cast<std::byte*>(data_);
  // Hints that the kernel cannot follow cost speed only, so its answers do not matter.
  if (advice == Advice::dont_need) {
    (void)::madvise(address + begin, static_cast<std::size_t>(end - begin), MADV_DONTNEED);
    return;
  }
  for (Index at = begin; at < end; at += kReadAhead)
    (void)::madvise(address + at, static_cast<std::size_t>(std::min(kReadAhead, end - at)),
                    MADV_WILLNEED);
}

}  // namespace nf
