#include "core/io/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

#include "core/base/check.h"
#include "core/io/posix_file.h"

namespace nf {

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  const PosixFile file(path, O_RDONLY);
  if (file.is_directory())
    throw DataError(fmt::format("{}: is a directory, a file is needed", file.name()));
  size_ = file.size();
  if (size_ == 0) return;  // mmap refuses a length of zero
  void* address =
      ::mmap(nullptr, static_cast<std::size_t>(size_), PROT_READ, MAP_SHARED, file.fd(), 0);
  if (address == MAP_FAILED) file.fail("map into memory");
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), static_cast<std::size_t>(size_));
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
  const Index page = ::sysconf(_SC_PAGESIZE);
  const Index begin = offset / page * page;
  // A hint that the kernel cannot follow costs speed only, so its answer does not matter.
  (void)::madvise(const_cast<std::byte*>(data_) + begin,
                  static_cast<std::size_t>(offset + count - begin),
                  advice == Advice::will_need ? MADV_WILLNEED : MADV_DONTNEED);
}

}  // namespace nf
