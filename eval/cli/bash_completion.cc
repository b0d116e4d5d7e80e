#include "eval/cli/bash_completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "eval/cli/option_values.h"

namespace nf {
namespace {

/// The text around the commands' own lines. A word that needs nothing special is left to
/// readline, which completes file names (-o default).
constexpr const char* kHead =
    R"(# bash completion for noisefloor, printed by 'noisefloor describe bash'

_noisefloor() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local commands='' options='' values='' folders='' files='' offered='' choices='' kind=''
  COMPREPLY=()
)";
constexpr const char* kTail = R"(  esac
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
    return
  fi
  if [[ " $values " == *" $before "* ]]; then
    if [[ -n $offered ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$word")
    elif [[ " $folders " == *" $before "* ]]; then
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
    elif [[ " $files " != *" $before "* ]]; then
      compopt +o default
    fi
    return 0
  fi
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
  std::vector<std::string> options, values, folders, files;
  std::string offered;
  for (const auto& option : help.options) {
    const std::string name = "--" + option.name;
    options.push_back(name);
    if (!option.takes_value) continue;
    values.push_back(name);
    const OptionValues of = option_values(command.name, option.name);
    if (of.kind == OptionValues::Kind::folder) folders.push_back(name);
    if (of.kind == OptionValues::Kind::file) files.push_back(name);
    if (of.kind == OptionValues::Kind::choices)
      offered += fmt::format("        {}) offered='{}' ;;\n", name, fmt::join(of.choices, " "));
  }
  if (!offered.empty()) offered = "      case $before in\n" + offered + "      esac\n";
  return fmt::format(
      "    {})\n      options='{}'\n      values='{}'\n      folders='{}' files='{}'\n{}      "
      "choices='{}' kind={}\n      ;;\n",
      command.name, fmt::join(options, " "), fmt::join(values, " "), fmt::join(folders, " "),
      fmt::join(files, " "), offered, fmt::join(help.choices(), " "), kind_of(help));
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
