#pragma once

#include <filesystem>
#include <string>

namespace nf {

/// A new folder among the system's temporary files, removed with all that is in it.
class TemporaryFolder {
 public:
  /// DataError where it cannot be made. stem: begins its name
  explicit TemporaryFolder(const std::string& stem);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace nf
