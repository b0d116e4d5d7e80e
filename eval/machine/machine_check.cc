#include "eval/machine/machine_check.h"

#include <fmt/format.h>

namespace nf {

std::string gibibytes(double bytes) { return fmt::format("{:.1f} GiB", bytes / 0x1p30); }

}  // namespace nf
