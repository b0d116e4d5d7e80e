#include "core/io/temporary_folder.h"

#include <cstdlib>
#include <system_error>

#include "core/io/posix_file.h"

namespace nf {

TemporaryFolder::TemporaryFolder(const std::string& stem) {
  std::string name = (std::filesystem::temp_directory_path() / (stem + "-XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) throw_errno(name, "create");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace nf
