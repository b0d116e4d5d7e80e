#pragma once

#include <string>
#include <vector>

namespace nf {

/// An experiment as it was given: enough to load it again from anywhere.
struct ExperimentSource {
  std::string text;                ///< the file as given
  std::string name;                ///< what messages call it
  std::string directory;           ///< where relative paths in the text count from
  std::vector<std::string> set{};  ///< the command line's --set, "key=value" each
  std::string set_directory{};     ///< where relative paths in `set` count from
};

}  // namespace nf
