#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eval/cli/command.h"

namespace nf {

/// The experiments that come with the program, NAME.yaml or FOLDER/NAME.yaml each. They lie where
/// it lies itself, so an installation may be moved: PREFIX/bin/noisefloor has
/// PREFIX/share/noisefloor/configs.
class Examples {
 public:
  /// Those in a folder, which need not be there.
  explicit Examples(std::filesystem::path dir) : dir_(std::move(dir)) {}
  /// Those of the program that runs.
  static Examples installed();

  /// Sorted.
  std::vector<std::string> names() const;
  std::optional<std::filesystem::path> find(const std::string& name) const;
  /// The file that a word of the command line means: a file of that name, else the example.
  /// ConfigError where a name without extension is neither.
  std::filesystem::path file(const std::string& word) const;

 private:
  /// Of a word with a folder that is no file: with the examples that there are, unless it may be
  /// another path.
  void refuse_missing(const std::string& word) const;

  std::filesystem::path dir_;
};

/// The file behind EXPERIMENT.yaml. Where it is an example this is told on stderr, unless --quiet.
std::string experiment_file(const CommandLine& line);

}  // namespace nf
