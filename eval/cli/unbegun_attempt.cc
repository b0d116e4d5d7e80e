#include "eval/cli/unbegun_attempt.h"

#include <filesystem>

#include "eval/records/file_names.h"
#include "eval/records/run_place.h"

namespace nf {

bool is_unbegun_attempt(const std::string& run) {
  const std::filesystem::path dir = (std::filesystem::absolute(run) / "").lexically_normal();
  const std::filesystem::path workers = dir.parent_path().parent_path();
  return workers.filename() == kWorkersDir && is_batch_folder(workers.parent_path()) &&
         std::filesystem::is_directory(dir) && !std::filesystem::exists(dir / kManifest);
}

}  // namespace nf
