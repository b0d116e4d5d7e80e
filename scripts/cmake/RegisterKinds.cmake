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

# nf_register_tables(<target> <dir> <noun> <header> <table>): the same for kinds that are nothing but a kernel table,
# <dir>/*.simd.cc. Each file defines a <table> `<stem>_<noun>` in every form (core/simd/dispatch.h); the generated
# `std::vector<const <table>*> builtin_<noun>s(Isa)` returns those of one form. Compiles nothing but that list: the
# files go through nf_add_simd_sources as any other *.simd.cc does.
function(nf_register_tables target dir noun header table)
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${dir}/*.simd.cc)
  list(SORT sources)
  set(declarations "")
  set(tables "")
  foreach(source IN LISTS sources)
    get_filename_component(stem ${source} NAME_WE)
    string(APPEND declarations "NF_DECLARE_KERNELS(${table}, ${stem}_${noun})\n")
    string(APPEND tables "      &${stem}_${noun}(isa),\n")
  endforeach()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${noun}_tables.cc)
  file(CONFIGURE OUTPUT ${out} @ONLY CONTENT
"#include \"${header}\"

namespace nf {
@declarations@
std::vector<const ${table}*> builtin_${noun}s(Isa isa) {
  return {
@tables@  };
}
}  // namespace nf
")
  target_sources(${target} PRIVATE ${out})
endfunction()
