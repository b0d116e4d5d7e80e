#pragma once

#include <string>

namespace nf {

/// Whether it is the folder of a worker that has written nothing yet, as BATCH/workers/* may name:
/// what reads run folders passes over it.
bool is_unbegun_attempt(const std::string& run);

}  // namespace nf
