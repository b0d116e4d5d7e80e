#include "eval/batch/calibration_links.h"

#include <string>
#include <system_error>

#include "eval/records/file_names.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// A copy that a kill cuts off is known as damaged by its hash, and made again.
void link_or_copy(const fs::path& file, const fs::path& target) {
  std::error_code error;
  fs::create_hard_link(file, target, error);
  if (error && error != std::errc::file_exists) fs::copy_file(file, target, error);
}

void take_over(const fs::path& from, const fs::path& to) {
  if (!fs::exists(from)) return;
  fs::create_directory(to);
  for (const fs::directory_entry& file : fs::directory_iterator(from)) {
    const std::string name = file.path().filename().string();
    if (file.is_regular_file() && name.find(".tmp-") == std::string::npos)
      link_or_copy(file.path(), to / name);
  }
}

}  // namespace

void take_calibrations_over(const std::vector<fs::path>& earlier, const fs::path& folder) {
  for (const fs::path& before : earlier) {
    try {
      take_over(before / kCalibrationDir, folder / kCalibrationDir);
    } catch (const fs::filesystem_error&) {
    }
  }
}

}  // namespace nf
