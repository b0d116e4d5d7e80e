#include <gtest/gtest.h>

#include <cstring>

#include "core/io/read_file.h"
#include "tests/reference/forward.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kSequences = 2, kTokens = 7, kVocab = 300;
/// f32 against double through two small blocks, logits of about 3.
constexpr double kTolerance = 2e-4;

ProgramResult logits(const ExperimentFiles& files, const std::string& model) {
  return run_program({"logits", "--model", model, "--ids", "ids.npy", "--out", "logits.npy"},
                     files.dir());
}

TEST(IntegrationLogits, AreThoseOfTheSlowForwardPass) {
  const ExperimentFiles files;
  const std::vector<std::int32_t> ids = random_ids(kSequences * kTokens, kVocab);
  write_npy(files / "ids.npy", "2, 7", ids);
  for (const std::string model : {"opt", "llama"}) {
    fs::remove(files / model / "tokenizer.json");  // config.json and weights are all it needs
    const ProgramResult result = logits(files, model);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "");
    const std::string npy = read_text_file(files / "logits.npy");
    EXPECT_NE(npy.find("'<f4'"), std::string::npos);
    EXPECT_NE(npy.find("(2, 7, 300)"), std::string::npos);
    constexpr std::size_t kCount = kSequences * kTokens * kVocab;
    ASSERT_GT(npy.size(), kCount * sizeof(float));
    std::vector<float> values(kCount);
    std::memcpy(values.data(), npy.data() + npy.size() - kCount * sizeof(float),
                kCount * sizeof(float));
    for (Index s = 0; s < kSequences; ++s) {
      const RowMatrix expected =
          reference_forward(files / model,
                            std::span(ids).subspan(static_cast<std::size_t>(s * kTokens), kTokens))
              .logits;
      for (Index t = 0; t < kTokens; ++t)
        for (Index v = 0; v < kVocab; ++v)
          ASSERT_NEAR(values[static_cast<std::size_t>((s * kTokens + t) * kVocab + v)],
                      static_cast<double>(expected(t, v)), kTolerance);
    }
  }
}

TEST(IntegrationLogits, NamesMistakesAndWritesNothing) {
  const ExperimentFiles files;
  const auto error = [&] {
    const ProgramResult result = logits(files, "opt");
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(result.out, "");
    EXPECT_FALSE(fs::exists(files / "logits.npy"));
    return result.err;
  };
  const ProgramResult missing = logits(files, "opt");
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_EQ(missing.err, "error: --ids: no such file: ids.npy\n");
  files.write("ids.npy", "no array");
  EXPECT_TRUE(error().starts_with("error: ids.npy: "));
  write_npy(files / "ids.npy", "1, 2", {5, kVocab});
  EXPECT_NE(error().find("300"), std::string::npos);
  write_npy(files / "ids.npy", "1, 513", std::vector<std::int32_t>(513, 1));
  EXPECT_EQ(error(),
            "error: ids.npy: sequences of 513 tokens, the model has max_position_embeddings 512\n");
}

}  // namespace
}  // namespace nf
