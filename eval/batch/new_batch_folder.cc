#include "eval/batch/new_batch_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/io/posix_file.h"
#include "core/io/system_error_text.h"
#include "eval/batch/batch_folder.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

bool make_folder(const fs::path& dir) {
  std::error_code error;
  const bool is_made = fs::create_directories(dir, error);
  if (!error) return is_made;
  if (fs::exists(dir) && !fs::is_directory(dir))
    throw ConfigError(fmt::format("{}: is not a folder; choose another --out", dir.string()));
  throw DataError(
      fmt::format("{}: cannot create folder: {}", dir.string(), system_error_text(error.value())));
}

}  // namespace

/// The file that is locked, gone with the lock.
class NewBatchFolder::Lock {
 public:
  explicit Lock(const fs::path& dir) : file_(dir / kMakerLock) {
    do open_and_lock(dir);
    while (!is_the_one());
  }
  ~Lock() {
    std::error_code ignored;
    fs::remove(file_, ignored);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  void open_and_lock(const fs::path& dir) {
    open_.emplace(file_, O_RDWR | O_CREAT);
    if (::flock(open_->fd(), LOCK_EX | LOCK_NB) == 0) return;
    if (errno == EWOULDBLOCK)
      throw ConfigError(fmt::format(
          "{}: another `noisefloor submit` is making a batch there; choose another --out",
          dir.string()));
    open_->fail("lock (choose a folder on a file system with file locks)");
  }

  /// Whether the file still has its name: whoever held it before may have removed it in between.
  bool is_the_one() const {
    struct stat named {};
    return ::stat(file_.c_str(), &named) == 0 && named.st_ino == open_->status().st_ino;
  }

  fs::path file_;
  std::optional<PosixFile> open_;
};

NewBatchFolder::NewBatchFolder(fs::path dir) : dir_(std::move(dir)), is_made_(make_folder(dir_)) {
  // Nothing is left in a folder that is not to be taken.
  if (!is_made_) BatchFolder::check_new(dir_);
  lock_ = std::make_unique<Lock>(dir_);
  BatchFolder::check_new(dir_);
  for (const fs::directory_entry& entry : fs::directory_iterator(dir_))
    before_.insert(entry.path());
}

NewBatchFolder::~NewBatchFolder() {
  std::error_code ignored;
  if (!stays_)
    for (const fs::directory_entry& entry : fs::directory_iterator(dir_, ignored))
      if (!before_.contains(entry.path())) fs::remove_all(entry.path(), ignored);
  lock_.reset();
  if (!stays_ && is_made_) fs::remove(dir_, ignored);  // not where anything else came into it
}

}  // namespace nf
