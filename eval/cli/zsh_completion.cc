#include "eval/cli/zsh_completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "eval/cli/option_values.h"

namespace nf {
namespace {

constexpr const char* kHead = R"zsh(#compdef noisefloor
# zsh completion for noisefloor, printed by 'noisefloor describe zsh'

_noisefloor_experiments() {
  local -a examples
  examples=(${(f)"$($service list examples 2>/dev/null)"})
  examples=(${examples%% *})
  _alternative 'examples:example:compadd -a examples' 'files:experiment:_files -g "*.y*ml"'
}

_noisefloor() {
  local -a commands
)zsh";
constexpr const char* kMiddle = R"zsh(  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
)zsh";
constexpr const char* kTail = R"zsh(    *) _files ;;
  esac
}

_noisefloor "$@"
)zsh";

/// Within single quotes.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) out += letter == '\'' ? "'\\''" : std::string(1, letter);
  return out + "'";
}

/// With a backslash before each of these letters.
std::string escaped(const std::string& text, std::string_view letters) {
  std::string out;
  for (const char letter : text) {
    if (letters.find(letter) != std::string_view::npos) out += '\\';
    out += letter;
  }
  return out;
}

/// What is offered behind an option, as `_arguments` wants it.
std::string value_action(const OptionValues& values) {
  switch (values.kind) {
    case OptionValues::Kind::choices:
      return fmt::format("({})", fmt::join(values.choices, " "));
    case OptionValues::Kind::folder:
      return "_files -/";
    case OptionValues::Kind::file:
      return "_files";
    case OptionValues::Kind::nothing:
      return " ";
  }
  return " ";
}

std::string option_spec(const std::string& command, const CommandHelp::Option& option) {
  return quoted(fmt::format(
      "{}--{}[{}]{}", option.repeats ? "*" : "", option.name, escaped(option.help, "\\[]:"),
      option.takes_value ? ":VALUE:" + value_action(option_values(command, option.name)) : ""));
}

std::string action(const CommandHelp& help) {
  const std::vector<std::string> choices = help.choices();
  if (!choices.empty()) return fmt::format("({})", fmt::join(choices, " "));
  switch (completion_of(help.words.front())) {
    case Completion::experiment:
      return "_noisefloor_experiments";
    case Completion::folder:
      return "_files -/";
    case Completion::file:
      return "_files";
  }
  return "_files";
}

/// The first word as the command says, the others as files: selectors are known to a run only.
std::string branch(const Command& command) {
  const CommandHelp help = help_of(command);
  std::string specs;
  for (const auto& option : help.options)
    specs += " \\\n        " + option_spec(command.name, option);
  if (!help.words.empty()) {
    const std::string name = escaped(help.words.front().name, ":\\");
    specs += fmt::format(" \\\n        {} '*:file:_files'",
                         quoted(fmt::format("1:{}:{}", name, action(help))));
  }
  return fmt::format("    {})\n      _arguments{}\n      ;;\n", command.name, specs);
}

}  // namespace

std::string zsh_completion(const std::vector<Command>& commands) {
  std::string names, branches;
  for (const Command& command : commands) {
    if (command.is_hidden) continue;
    names += fmt::format("    {}\n", quoted(command.name + ":" + escaped(command.summary, "\\:")));
    branches += branch(command);
  }
  return fmt::format("{}  commands=(\n{}  )\n{}{}{}", kHead, names, kMiddle, branches, kTail);
}

}  // namespace nf
