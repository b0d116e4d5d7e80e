#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eval/machine/machine_check.h"
#include "eval/plan/work_rates.h"

namespace nf {

/// This machine as a worker.
struct DoctorReport {
  std::vector<MachineCheck> checks;
  WorkRates rates;
  Json env{};  ///< of this machine, in the arithmetic of the folder's experiment

  /// Whether no check asks for a change.
  bool is_fit() const;
  /// A line or more a check, "! " before those that ask for something, and what to do below.
  std::string text() const;
  /// fit, rates (for `plan --rates`), env and checks.
  Json to_json() const;
};

/// Looks at processor, memory, products, speed, folder and Slurm. folder: where workers shall work,
/// there or not yet; one with records, or with an experiment that has `isa` or `arithmetic`, is
/// compared with.
/// Takes a second or two. Throws ConfigError where this machine has not got that `isa`.
DoctorReport examine_machine(const std::filesystem::path& folder);

}  // namespace nf
