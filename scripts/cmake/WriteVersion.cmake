# Run at build time by Version.cmake.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12
  OUTPUT_VARIABLE hash OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT hash)
  set(hash "unknown")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT
"#include \"core/base/version.h\"

namespace nf {
const char* version() { return \"${VERSION}\"; }
const char* git_hash() { return \"${hash}\"; }
}  // namespace nf
")
