#include "eval/cli/command_help.h"

#include <sstream>

namespace nf {

std::vector<std::string> CommandHelp::choices() const {
  std::istringstream parts(usage);
  std::string list;
  parts >> list >> list;
  std::vector<std::string> choices;
  if (list.find('|') == std::string::npos) return choices;
  std::istringstream names(list);
  for (std::string name; std::getline(names, name, '|');) choices.push_back(name);
  return choices;
}

Completion completion_of(const CommandHelp::Word& word) {
  if (word.name.ends_with(".yaml")) return Completion::experiment;
  return word.name.starts_with("RUN") ? Completion::folder : Completion::file;
}

}  // namespace nf
