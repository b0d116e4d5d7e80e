# Third-party packages (all from the distribution; nothing is downloaded) and the project's compile options.
find_package(PkgConfig REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(dnnl CONFIG REQUIRED)
find_package(Eigen3 3.4 CONFIG REQUIRED)
find_package(Boost 1.74 CONFIG REQUIRED COMPONENTS program_options)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(nlohmann_json 3.11 CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
# Its flag is for Windows, and would keep the other libraries from using nf_core's compiled headers.
set_target_properties(PkgConfig::UTF8PROC PROPERTIES INTERFACE_COMPILE_OPTIONS "" INTERFACE_COMPILE_DEFINITIONS "")
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3)
# Not through pkg-config: Debian 13's file for it asks for protobuf's, which is no part of the package.
find_path(SENTENCEPIECE_INCLUDE_DIR sentencepiece_processor.h REQUIRED)
find_library(SENTENCEPIECE_LIBRARY sentencepiece REQUIRED)
add_library(nf_sentencepiece INTERFACE)
add_library(nf::sentencepiece ALIAS nf_sentencepiece)
target_include_directories(nf_sentencepiece SYSTEM INTERFACE ${SENTENCEPIECE_INCLUDE_DIR})
target_link_libraries(nf_sentencepiece INTERFACE ${SENTENCEPIECE_LIBRARY})
if(NOT TARGET yaml-cpp::yaml-cpp)  # 0.7 exports the bare name only
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

add_library(nf_options INTERFACE)
add_library(nf::options ALIAS nf_options)
target_compile_features(nf_options INTERFACE cxx_std_20)
target_include_directories(nf_options INTERFACE ${PROJECT_SOURCE_DIR})
# No contraction: a*b+c rounds twice on every CPU, so all forms of a kernel give the same bits.
target_compile_options(nf_options INTERFACE
  -ffp-contract=off
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual)
# g++ 12 sees overflows and uninitialised parts in the standard library's own string code when it is inlined
# (GCC bugs 105651, 105562).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(nf_options INTERFACE -Wno-restrict -Wno-stringop-overflow
    -Wno-stringop-overread -Wno-array-bounds -Wno-maybe-uninitialized)
endif()
if(NF_WERROR)
  target_compile_options(nf_options INTERFACE -Werror)
endif()
if(NF_SANITIZE)
  target_compile_options(nf_options INTERFACE -fsanitize=${NF_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(nf_options INTERFACE -fsanitize=${NF_SANITIZE})
endif()
