#pragma once

#include <stdexcept>
#include <string>

#include "core/base/types.h"

namespace nf {

/// Process exit codes; the command line maps every exception to one of them.
enum class ExitCode : int {
  ok = 0,
  config = 2,
  data = 3,
  numeric = 4,
  internal = 70,
  work_left = 75,  ///< stopped by a time limit or a file STOP
  interrupted = 130,
};

/// A mistake of the user, of a file or of the arithmetic. Its message is one line with place, cause
/// and, where there is one, a suggestion. Libraries throw; only the command line prints and exits.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode exit_code() const { return code_; }

 private:
  ExitCode code_;
};

/// A wrong experiment file or command line; a path in one that leads nowhere counts as well. The
/// message may have several lines (one per mistake).
class ConfigError : public Error {
 public:
  explicit ConfigError(const std::string& message) : Error(ExitCode::config, message) {}
};

/// A truncated, corrupt or unreadable file, or a missing one that another file asks for (a
/// checkpoint's shard). The message names the file and, where known, tensor or offset.
class DataError : public Error {
 public:
  explicit DataError(const std::string& message) : Error(ExitCode::data, message) {}
};

/// Arithmetic left the finite numbers. The message names site, window and position.
class NumericError : public Error {
 public:
  explicit NumericError(const std::string& message) : Error(ExitCode::numeric, message) {}
};

/// Our own bug: thrown by NF_CHECK, never by what a user can do.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace nf
