#include "eval/records/run_place.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

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
  if (!is_batch_folder(dir)) {
    std::error_code ignored;
    const bool is_bare = !dir.has_parent_path() && !fs::exists(dir, ignored);
    const fs::path of_runs = fs::path("runs") / dir;
    return is_bare && fs::exists(of_runs / kManifest, ignored) ? of_runs : dir;
  }
  if (fs::exists(dir / kMergedDir / kManifest)) return dir / kMergedDir;
  throw ConfigError(
      fmt::format("{0}: is a batch folder whose shards are not joined yet: `noisefloor status {0}` "
                  "says what is "
                  "left; `noisefloor merge {0}/{1}/* --out X` joins what is there until now",
                  dir.string(), kWorkersDir));
}

std::string why_no_run_folder(const fs::path& given) {
  const std::string name = given.string();
  std::error_code ignored;
  if (!fs::exists(given, ignored)) return name + ": no such folder";
  if (!fs::is_directory(given, ignored)) {
    const fs::path folder = given.has_parent_path() ? given.parent_path() : fs::path(".");
    if (fs::exists(folder / kManifest, ignored))
      return fmt::format("{}: is a file of the run folder {}; give that", name, folder.string());
    const bool is_yaml = given.extension() == ".yaml" || given.extension() == ".yml";
    return fmt::format("{}: is a file; give the run folder{}", name,
                       is_yaml ? fmt::format(" that `noisefloor run {}` made, runs/<experiment> "
                                             "where it had no --out",
                                             name)
                               : "");
  }
  std::vector<std::string> runs;
  for (const auto& entry : fs::directory_iterator(given, ignored))
    if (fs::exists(entry.path() / kManifest, ignored)) runs.push_back(entry.path().string());
  if (runs.empty()) return fmt::format("{}: is not a run folder, it has no {}", name, kManifest);
  std::sort(runs.begin(), runs.end());
  constexpr std::size_t kMostNamed = 8;
  const std::size_t more = runs.size() - std::min(runs.size(), kMostNamed);
  runs.resize(runs.size() - more);
  return fmt::format("{}: is a folder of runs; give one of them: {}{}", name, fmt::join(runs, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace nf
