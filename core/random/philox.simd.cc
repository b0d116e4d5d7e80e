#include "core/random/philox.h"

#include "core/random/philox_simd.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

void draw_u64(std::uint64_t* draws, Index n, std::uint64_t first_element, std::uint64_t key,
              std::uint64_t seed) {
  native::for_each_philox(n, first_element, key, seed,
                          [&](Index offset, native::PhiloxWords words, Index lanes) {
                            std::uint32_t word0[native::kWidth], word1[native::kWidth];
                            std::memcpy(word0, &words.word0, sizeof word0);
                            std::memcpy(word1, &words.word1, sizeof word1);
                            for (Index i = 0; i < lanes; ++i)
                              draws[offset + i] = std::uint64_t{word1[i]} << 32 | word0[i];
                          });
}

}  // namespace

extern const PhiloxKernels philox_kernels = {draw_u64};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
