#pragma once

#include <string>

#include "core/base/error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace nf {

/// The message of the DataError that `action` throws; "no error" where it throws none.
template <class Action>
std::string data_error_of(const Action& action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

/// The message about a model that is not accepted, its directory written as DIR.
inline std::string open_error(const TinyModel& model) {
  const TempDir dir;
  model.write(dir.path());
  std::string message = data_error_of([&] { open_decoder(dir.path()); });
  const std::string path = dir.path().string();
  if (const auto at = message.find(path); at != std::string::npos)
    message.replace(at, path.size(), "DIR");
  return message;
}

}  // namespace nf
