#pragma once

#include <string>
#include <vector>

namespace nf {

/// The words and options of a command, as its --help, the man page and the completions tell them.
struct CommandHelp {
  /// A word without dashes.
  struct Word {
    std::string name;  ///< "RUN", "RUN..."
    std::string help;
  };
  struct Option {
    std::string name;  ///< without dashes
    std::string help;
    bool takes_value = false;
    bool repeats = false;
  };

  std::string usage;  ///< "run EXPERIMENT.yaml [options]"
  std::string about;  ///< a paragraph
  std::vector<Word> words{};
  std::vector<Option> options{};

  /// The words that may stand for the first one, where the usage lists them: "list noises|sites".
  std::vector<std::string> choices() const;
};

/// How a word is completed: `choices()`, else by its name.
enum class Completion { experiment, folder, file };
/// RUN is a folder, NAME.yaml an experiment, all else a file.
Completion completion_of(const CommandHelp::Word& word);

}  // namespace nf
