# What `cmake --install` puts in place, and `cpack` into a .deb and a .tar.gz. Nothing knows where it was built or
# installed: the program finds its examples from its own place, PREFIX/bin beside PREFIX/share (eval/cli/examples.h).
set(NF_DOC_DIR share/doc/noisefloor)
install(TARGETS noisefloor RUNTIME DESTINATION bin)
install(DIRECTORY configs assets DESTINATION share/noisefloor)
install(DIRECTORY docs DESTINATION ${NF_DOC_DIR})
install(FILES README.md CHANGELOG.md CITATION.cff LICENSE ${CMAKE_CURRENT_LIST_DIR}/copyright DESTINATION ${NF_DOC_DIR})

# The man page and the completions are printed by the program that is installed, so building it is all that is needed.
install(CODE "set(program \"$<TARGET_FILE:noisefloor>\")\nset(described \"${PROJECT_BINARY_DIR}/described\")")
install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/InstallDescribed.cmake)

# The program in the build folder has its examples where an installed one has them.
foreach(folder IN ITEMS configs assets)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share/noisefloor)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${PROJECT_BINARY_DIR}/share/noisefloor/${folder} SYMBOLIC)
endforeach()

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_FILE_NAME noisefloor-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_PACKAGE_CONTACT "The noisefloor contributors <noisefloor@localhost>" CACHE STRING "maintainer of packages")
set(CPACK_PACKAGE_VENDOR "The noisefloor contributors")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
# All libraries are the distribution's own, so dpkg-shlibdeps knows the packages that hold them.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
