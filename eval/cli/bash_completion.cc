#include "eval/cli/bash_completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace nf {
namespace {

/// The text around the commands' own lines. A word that needs nothing special is left to
/// readline, which completes file names (-o default).
constexpr const char* kHead =
    R"(# bash completion for noisefloor, printed by 'noisefloor describe bash'

_noisefloor() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local commands='' options='' values='' choices='' kind=''
  COMPREPLY=()
)";
constexpr const char* kTail = R"(  esac
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
    return
  fi
  [[ " $values " != *" $before "* ]] || return 0
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    return
  fi
  case $kind in
    choices) ((COMP_CWORD > 2)) || mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word") ;;
    experiment)
      choices=$("${COMP_WORDS[0]}" list examples 2>/dev/null | while read -r name _; do echo "$name"; done)
      compopt -o filenames
      mapfile -t COMPREPLY < <(
        compgen -W "$choices" -- "$word"
        compgen -f -X '!*.y*ml' -- "$word"
        compgen -d -- "$word"
      )
      ;;
    folder)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      ;;
  esac
}
complete -o default -F _noisefloor noisefloor
)";

const char* kind_of(const CommandHelp& help) {
  if (!help.choices().empty()) return "choices";
  if (help.words.empty()) return "";
  switch (completion_of(help.words.front())) {
    case Completion::experiment:
      return "experiment";
    case Completion::folder:
      return "folder";
    case Completion::file:
      return "";
  }
  return "";
}

std::string branch(const Command& command) {
  const CommandHelp help = help_of(command);
  std::vector<std::string> options, values;
  for (const auto& option : help.options) {
    options.push_back("--" + option.name);
    if (option.takes_value) values.push_back("--" + option.name);
  }
  return fmt::format(
      "    {})\n      options='{}'\n      values='{}'\n      choices='{}' kind={}\n      ;;\n",
      command.name, fmt::join(options, " "), fmt::join(values, " "), fmt::join(help.choices(), " "),
      kind_of(help));
}

}  // namespace

std::string bash_completion(const std::vector<Command>& commands) {
  std::vector<std::string> names = {"--help", "--version"};
  std::string branches;
  for (const Command& command : commands) {
    if (command.is_hidden) continue;
    names.push_back(command.name);
    branches += branch(command);
  }
  return fmt::format("{}  commands='{}'\n  case ${{COMP_WORDS[1]}} in\n{}{}", kHead,
                     fmt::join(names, " "), branches, kTail);
}

}  // namespace nf
