# nf_embed_templates(<target> <dir>): puts the texts of <dir>/*.yaml into <target> as builtin_templates()
# (eval/experiment/templates.h). Adding a template is adding a file.
function(nf_embed_templates target dir)
  file(GLOB files CONFIGURE_DEPENDS ${dir}/*.yaml)
  list(SORT files)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
  set(entries "")
  foreach(file IN LISTS files)
    get_filename_component(stem ${file} NAME_WE)
    file(READ ${file} text)
    string(APPEND entries "      {\"${stem}\", R\"yaml(${text})yaml\"},\n")
  endforeach()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/builtin_templates.cc)
  file(CONFIGURE OUTPUT ${out} @ONLY CONTENT
"#include \"eval/experiment/templates.h\"

namespace nf {
std::vector<ExperimentTemplate> builtin_templates() {
  return {
@entries@  };
}
}  // namespace nf
")
  target_sources(${target} PRIVATE ${out})
endfunction()
