#include "eval/output/standard_streams.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "core/base/error.h"

namespace nf {
namespace {

void check_written(bool written) {
  if (written || errno == EPIPE) return;
  throw DataError(fmt::format("standard output: cannot be written: {}",
                              std::generic_category().message(errno)));
}

}  // namespace

void write_out(std::string_view text) {
  check_written(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

void flush_out() { check_written(std::fflush(stdout) == 0); }

void write_err(std::string_view text) noexcept {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace nf
