# nf_register_kinds(<target> <dir> <noun> <header> <registry>): compiles every <dir>/*.cc into <target> and
# generates `void register_builtin_<noun>s(<registry>&)`, which calls each file's `register_<stem>`. Adding a
# kind is adding a file; a file without its function is a link error that names it.
function(nf_register_kinds target dir noun header registry)
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${dir}/*.cc)
  list(SORT sources)  # the same order on every machine
  set(declarations "")
  set(calls "")
  foreach(source IN LISTS sources)
    get_filename_component(stem ${source} NAME_WE)
    string(APPEND declarations "void register_${stem}(${registry}&);\n")
    string(APPEND calls "  register_${stem}(registry);\n")
  endforeach()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/register_${noun}s.cc)
  file(CONFIGURE OUTPUT ${out} @ONLY CONTENT
"#include \"${header}\"

namespace nf {
@declarations@
void register_builtin_${noun}s(${registry}& registry) {
@calls@}
}  // namespace nf
")
  target_sources(${target} PRIVATE ${sources} ${out})
endfunction()
