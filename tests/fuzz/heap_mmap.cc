/// Mapped files as heap blocks. AddressSanitizer watches both ends of a heap block to the byte;
/// behind a mapped file the rest of its last page reads as zeros and nobody notices. The fuzz
/// targets are linked with --wrap for these three functions.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <mutex>

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's names
void* __real_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset);
int __real_munmap(void* address, size_t size);
int __real_madvise(void* address, size_t size, int advice);
void* __wrap_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset);
int __wrap_munmap(void* address, size_t size);
int __wrap_madvise(void* address, size_t size, int advice);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}

namespace {

/// The blocks that stand for mapped files: size by first byte.
class Blocks {
 public:
  void add(void* block, std::size_t size) {
    const std::lock_guard lock(mutex_);
    sizes_[reinterpret_cast<std::uintptr_t>(block)] = size;
  }
  bool remove(void* block) {
    const std::lock_guard lock(mutex_);
    return sizes_.erase(reinterpret_cast<std::uintptr_t>(block)) > 0;
  }
  bool hold(void* address) {
    const std::lock_guard lock(mutex_);
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    const auto after = sizes_.upper_bound(at);
    return after != sizes_.begin() && at - std::prev(after)->first <= std::prev(after)->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::uintptr_t, std::size_t> sizes_;
};

Blocks& blocks() {
  static Blocks all;
  return all;
}

bool read_all(int file, char* out, size_t size, off_t offset) {
  for (size_t done = 0; done < size;) {
    const ssize_t count = ::pread(file, out + done, size - done, offset + static_cast<off_t>(done));
    if (count <= 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
void* __wrap_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset) {
  if (file < 0) return __real_mmap(address, size, protection, flags, file, offset);
  auto* const block = static_cast<char*>(std::malloc(size));
  if (block == nullptr) return MAP_FAILED;
  if (!read_all(file, block, size, offset)) {
    std::free(block);
    return MAP_FAILED;
  }
  blocks().add(block, size);
  return block;
}

int __wrap_munmap(void* address, size_t size) {
  if (!blocks().remove(address)) return __real_munmap(address, size);
  std::free(address);
  return 0;
}

/// MADV_DONTNEED would empty a block of the heap: advice on files is passed over.
int __wrap_madvise(void* address, size_t size, int advice) {
  return blocks().hold(address) ? 0 : __real_madvise(address, size, advice);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
