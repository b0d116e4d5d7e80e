#pragma once

#include <filesystem>
#include <memory>
#include <set>

namespace nf {

/// A folder that is about to become a batch folder: held by a lock from the beginning, so that of
/// two processes that would make the same one the second is refused and takes nothing away from the
/// first. Unless it is kept, the end removes what came into it meanwhile, and the folder itself
/// where this made it. A process that is killed leaves a folder that the next may take.
class NewBatchFolder {
 public:
  /// Makes the folder, or takes one that is empty or holds what an attempt at this has left. Throws
  /// ConfigError where it holds anything else or another process makes it, DataError where it
  /// cannot be written.
  explicit NewBatchFolder(std::filesystem::path dir);
  ~NewBatchFolder();
  NewBatchFolder(const NewBatchFolder&) = delete;
  NewBatchFolder& operator=(const NewBatchFolder&) = delete;

  void keep() { stays_ = true; }

 private:
  class Lock;

  std::filesystem::path dir_;
  bool is_made_ = false, stays_ = false;
  std::unique_ptr<Lock> lock_;
  std::set<std::filesystem::path> before_;  ///< what was there
};

}  // namespace nf
