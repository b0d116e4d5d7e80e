# nf_add_simd_sources(<target> <file.simd.cc>...): compiles each file three times, for any x86-64, for
# AVX2 and for AVX-512, in the namespaces nf::portable, nf::avx2 and nf::avx512 (NF_SIMD_NAMESPACE).
# core/simd/dispatch.h picks one at run time. A *.simd.cc file may define nothing with external
# linkage but its kernel table, else the linker could pick an AVX-512 body for a machine without it.
set(NF_SIMD_FLAGS_portable "")
set(NF_SIMD_FLAGS_avx2 -mavx2 -mf16c)
set(NF_SIMD_FLAGS_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mf16c -mprefer-vector-width=512)

function(nf_add_simd_sources target)
  foreach(form IN ITEMS portable avx2 avx512)
    set(objects ${target}_simd_${form})
    add_library(${objects} OBJECT ${ARGN})
    target_link_libraries(${objects} PRIVATE nf::options)
    target_compile_definitions(${objects} PRIVATE NF_SIMD_NAMESPACE=${form} NF_SIMD_${form}=1)
    # -Wno-psabi: wide vectors never cross a function that is not inlined.
    target_compile_options(${objects} PRIVATE -O3 -Wno-psabi ${NF_SIMD_FLAGS_${form}})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${objects}>)
  endforeach()
endfunction()
