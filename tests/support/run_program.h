#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace nf {

/// The end of the real program and its output.
struct ProgramResult {
  int exit_code = -1;  ///< 128 + n where signal n ended it, as a shell has it
  std::string out;     ///< standard output
  std::string err;     ///< standard error
};

/// The real program, running beside the test. Ended, if it still runs, with the object.
class RunningProgram {
 public:
  /// Starts `noisefloor arguments...` in `dir`, the caller's own when empty, with
  /// NAME=VALUE pairs added to the environment (without XDG_CACHE_HOME among them it has no cache).
  /// Throws std::runtime_error where it cannot.
  explicit RunningProgram(const std::vector<std::string>& arguments,
                          const std::filesystem::path& dir = {},
                          const std::vector<std::string>& environment = {});
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  /// Starts a line of the shell instead, in which $NF is the program: for its redirections.
  static RunningProgram shell(const std::string& line, const std::filesystem::path& dir);

  pid_t id() const { return pid_; }
  void send(int signal) const;
  /// Waits for its end; to be called once.
  ProgramResult wait();

 private:
  RunningProgram(std::vector<std::string> words, const std::vector<std::string>& environment,
                 const std::filesystem::path& dir);

  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;  ///< files without a name
};

ProgramResult run_shell(const std::string& line, const std::filesystem::path& dir);

/// Starts the program and waits for its end.
ProgramResult run_program(const std::vector<std::string>& arguments,
                          const std::filesystem::path& dir = {},
                          const std::vector<std::string>& environment = {});

}  // namespace nf
