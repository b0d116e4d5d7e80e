#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "eval/cli/command.h"

namespace nf {

/// The value of the word behind an option, one of `names` (ConfigError with a suggestion); `usual`
/// where it was not given.
template <typename E, std::size_t N>
E enum_option(const CommandLine& line, const std::string& option,
              const std::pair<const char*, E> (&names)[N], E usual) {
  if (!line.has(option)) return usual;
  const std::string word = line.text(option);
  std::vector<std::string> known;
  for (const auto& [name, value] : names) {
    if (word == name) return value;
    known.emplace_back(name);
  }
  throw ConfigError(
      fmt::format("--{}: unknown '{}'{}", option, printable(word), suggestion(word, known)));
}

}  // namespace nf
