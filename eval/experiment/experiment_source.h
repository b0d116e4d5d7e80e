#pragma once

#include <string>
#include <vector>

namespace nf {

/// An experiment as it was given: enough to load it again from anywhere.
struct ExperimentSource {
  std::string text;                ///< the file as given
  std::string name;                ///< the text's name in messages
  std::string directory;           ///< relative paths in the text count from it
  std::vector<std::string> set{};  ///< the command line's --set, "key=value" each
  std::string set_directory{};     ///< relative paths in `set` count from it too, but of
                                   ///< folders of earlier versions, whose counted from the caller's
};

}  // namespace nf
