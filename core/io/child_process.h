#pragma once

#include <optional>
#include <string>
#include <vector>

namespace nf {

/// The end of another program and what it printed.
struct ChildOutput {
  int exit_code = -1;  ///< 128 + n where signal n ended it, as a shell has it
  std::string out, err;
  bool timed_out = false;  ///< it was ended because it took too long
};

/// Runs a program of the system (words[0], looked for in PATH) with nothing to read, and waits for
/// its end, at most `seconds`: a scheduler that does not answer holds nobody up. nullopt where
/// there is no such program. Throws DataError where the system has no room for another process.
std::optional<ChildOutput> run_child(const std::vector<std::string>& words, double seconds);

/// "squeue: slurm_load_jobs error: ..." of a program that failed, on one line: what it printed, or
/// else how it ended.
std::string child_failure(const std::string& program, const ChildOutput& output);

/// Whether the PATH has a program of this name.
bool has_program(const std::string& name);

}  // namespace nf
