#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace nf {

/// Results, to standard output. Throws DataError "standard output: cannot be written: CAUSE". Where
/// its reader has gone (`| head`) nobody misses the rest: that goes nowhere, and is no error.
void write_out(std::string_view text);
/// The same for what is still in the buffer: before the end.
void flush_out();
/// Errors and warnings, to standard error. Nobody can be told where that fails, so nothing is.
void write_err(std::string_view text) noexcept;

template <typename... Args>
void print_out(fmt::format_string<Args...> format, Args&&... arguments) {
  write_out(fmt::format(format, std::forward<Args>(arguments)...));
}
template <typename... Args>
void print_err(fmt::format_string<Args...> format, Args&&... arguments) {
  write_err(fmt::format(format, std::forward<Args>(arguments)...));
}

}  // namespace nf
