#include "eval/records/run_place.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "eval/records/file_names.h"

namespace nf {

namespace fs = std::filesystem;

bool is_batch_folder(const fs::path& dir) {
  std::error_code ignored;
  return fs::is_directory(dir / kClaimsDir, ignored) &&
         fs::is_directory(dir / kWorkersDir, ignored) && fs::exists(dir / kBatchPlan, ignored);
}

fs::path run_folder_at(const fs::path& dir) {
  if (!is_batch_folder(dir)) return dir;
  if (fs::exists(dir / kMergedDir / kManifest)) return dir / kMergedDir;
  throw ConfigError(
      fmt::format("{0}: is a batch folder whose shards are not joined yet: `noisefloor status {0}` "
                  "says what is "
                  "left; `noisefloor merge {0}/{1}/* --out X` joins what is there until now",
                  dir.string(), kWorkersDir));
}

}  // namespace nf
