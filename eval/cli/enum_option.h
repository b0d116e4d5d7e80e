#pragma once

#include <fmt/format.h>

#include <string>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/config/config_value.h"
#include "eval/cli/command.h"

namespace nf {

/// The word behind an option, one of an enum's names (ConfigError with a suggestion); `usual` where
/// it was not given.
template <typename E>
E enum_option(const CommandLine& line, const std::string& option, E usual) {
  if (!line.has(option)) return usual;
  const std::string word = line.text(option);
  std::vector<std::string> names;
  for (const EnumName<E>& known : EnumNames<E>::table) {
    if (word == known.name) return known.value;
    names.emplace_back(known.name);
  }
  throw ConfigError(
      fmt::format("--{}: unknown '{}'{}", option, printable(word), suggestion(word, names)));
}

}  // namespace nf
