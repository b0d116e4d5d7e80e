#include <gtest/gtest.h>

#include "tests/support/random_checkpoint.h"
#include "tests/support/resident_file_bytes.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

constexpr Index kMiB = Index{1} << 20;

TEST(DecoderMemory, KeepsNoPagesOfTheFileResident) {
  if (resident_file_bytes() == 0) GTEST_SKIP() << "/proc/self/status has no RssFile here";
  const TempDir dir;
  constexpr Index kLayers = 4;
  write_random_checkpoint({{"model_type", "llama"},
                           {"hidden_size", 1024},
                           {"intermediate_size", 4096},
                           {"num_hidden_layers", kLayers},
                           {"num_attention_heads", 8},
                           {"vocab_size", 16384},
                           {"tie_word_embeddings", true}},
                          dir.path());
  const Decoder decoder = open_decoder(dir.path());
  const Index before = resident_file_bytes();
  const Threads many(16);  // what one has released, others may bring back while they read beside it
  BlockWeights weights;
  for (Index layer = 0; layer < kLayers; ++layer)
    weights = decoder.load_block(layer, std::move(weights));
  decoder.load_head(0, 3 * kVocabChunk);  // 6 MiB
  // Out of 130 MiB, only pages of this program and the norms' are left.
  EXPECT_LT(resident_file_bytes() - before, 4 * kMiB);
}

}  // namespace
}  // namespace nf
