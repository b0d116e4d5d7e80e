# nf::version: core/base/version.h's strings. The git hash is read again at every build, and the file is
# rewritten only when it changed, so a commit recompiles one small file.
add_library(nf_version STATIC ${CMAKE_BINARY_DIR}/generated/version.cc)
add_library(nf::version ALIAS nf_version)
target_link_libraries(nf_version PRIVATE nf::options)
add_custom_target(nf_git_hash
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
    -DOUT=${CMAKE_BINARY_DIR}/generated/version.cc -P ${CMAKE_CURRENT_LIST_DIR}/WriteVersion.cmake
  BYPRODUCTS ${CMAKE_BINARY_DIR}/generated/version.cc
  COMMENT "" VERBATIM)
add_dependencies(nf_version nf_git_hash)
