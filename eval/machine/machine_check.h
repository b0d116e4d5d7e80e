#pragma once

#include <string>

#include "core/base/json.h"

namespace nf {

enum class Verdict {
  ok,
  note,    ///< works, but somebody should know
  change,  ///< no worker can do its work here until it is changed
};

/// One thing that was looked at on this machine.
struct MachineCheck {
  std::string what;     ///< "memory"
  std::string found{};  ///< for people: "3.1 GiB free"
  Verdict verdict = Verdict::ok;
  std::string advice{};        ///< what to change, or what to know; empty where all is well
  Json data = Json::object();  ///< the same for programs
};

/// "4.2 GiB".
std::string gibibytes(double bytes);

}  // namespace nf
