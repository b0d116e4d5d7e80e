#include "eval/records/file_names.h"

#include <iterator>

namespace nf {

std::vector<std::string> whole_files() {
  std::vector<std::string> files = {kManifest, kExperiment, kResolved,
                                    kPlan,     kProfiles,   kProfilesCsv};
  files.insert(files.end(), std::begin(kResultFiles), std::end(kResultFiles));
  return files;
}

}  // namespace nf
