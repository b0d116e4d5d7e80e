#pragma once

#include <span>
#include <string>

namespace nf {

/// The variable of a trial that tells it from its twins (`twins:`): the kind of the twin, empty of
/// the trial itself. No sweep may have a variable of the name.
inline constexpr const char* kTwinVariable = "twin";

/// The words by which findings speak of a kind of twin: "ERROR does 0.76 of the damage of OF:
/// MATTERS".
struct TwinWords {
  const char* name;        ///< of a kind of twin_kinds()
  const char* error;       ///< the trial's own error, beside the twin's
  const char* of;          ///< the twin's error
  const char* matters;     ///< where the two do not do the same damage
  const char* not_matter;  ///< where they do
  bool draws;              ///< the twin is another with each seed
};

/// The words of all kinds, in the order of their table.
std::span<const TwinWords> all_twin_words();
/// Null for a name that is not known, as in a folder of a later version of the program.
const TwinWords* find_twin_words(const std::string& name);

}  // namespace nf
