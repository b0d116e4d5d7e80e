#include "core/io/system_error_text.h"

#include <cerrno>
#include <system_error>

namespace nf {

std::string system_error_text(int code) {
  const std::string text = std::generic_category().message(code);
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return text + "; make room, then call it again: what was recorded is whole";
    case EROFS:
      return text + "; choose a folder that may be written to";
    default:
      return text;
  }
}

}  // namespace nf
