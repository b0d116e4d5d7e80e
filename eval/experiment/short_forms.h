#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "eval/experiment/defaults.h"

namespace nf {

/// A shorthand that was met, and the entries or the quantizer that it stands for.
struct Shorthand {
  std::string text;
  std::vector<Json> entries;

  friend bool operator==(const Shorthand&, const Shorthand&) = default;
};

/// The short forms of an experiment, of which its trials are made: its defaults, and what was met
/// on the way, each once.
struct ShortForms {
  Defaults defaults{};
  bool knows_sets = true;  ///< false: `calibration:` could not be read, so any name may be of one
  std::vector<Shorthand> shorthands{};
  std::set<std::pair<std::string, std::string>> lacking{};  ///< models and roles they do not have
  std::set<std::string> renamed{};                          ///< words that have another name now
  std::vector<std::string> warnings{};                      ///< of these
};

/// The entries that an item of a list stands for, its variables replaced: a shorthand written out,
/// an entry for each of several tensors.
std::vector<Defaults::Filled> written_out(const ConfigNode& item, const Variables& variables,
                                          const Kinds& kinds, ShortForms& forms,
                                          ConfigErrors& errors);

/// Remembers a warning for the first place of each relation that is called otherwise now.
void warn_of_renamed(const ConfigNode& entry, ShortForms& forms);

/// The shorthands and what they stand for, a line each, every line a comment in YAML; empty where
/// there are none.
std::string shorthand_text(const std::vector<Shorthand>& shorthands);

}  // namespace nf
