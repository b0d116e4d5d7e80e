#pragma once

#include <string>

namespace nf {

/// The system's words for an error number, and behind "; " what helps where files cannot be
/// written: for want of room or of a folder that may be written to.
std::string system_error_text(int code);

}  // namespace nf
