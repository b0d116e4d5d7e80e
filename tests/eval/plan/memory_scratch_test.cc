#include <gtest/gtest.h>

#include "eval/plan/memory.h"
#include "tests/support/family_support.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

const std::string kW4 = "{grid: uniform, bits: 4, granularity: channel}";

const DecoderSpec& model() {
  static const DecoderSpec spec =
      spec_of(with_fields(tiny_llama().config, {{"hidden_size", 1024},
                                                {"intermediate_size", 4096},
                                                {"head_dim", 256},
                                                {"vocab_size", 50000}}));
  return spec;
}

std::vector<EvalItem> windows_of(Index count, Index context) {
  EvalItem window{.ids = std::vector<std::int32_t>(static_cast<std::size_t>(context), 0),
                  .layout = Layout::window(context),
                  .targets = {{.row = 0}}};
  return std::vector<EvalItem>(static_cast<std::size_t>(count), window);
}

StageMemory memory_of(const std::string& entries, Index windows = 2, Index context = 512,
                      Index threads = 1) {
  const ModelTrial trial = make_model_trial(entries, model());
  const std::vector<const ModelTrial*> trials = {&trial};
  return stage_memory(model(), windows_of(windows, context), {0, windows}, trials, threads, 0.0);
}

std::string weights(const std::string& noise) { return "{sites: {tensor: weight}, " + noise + "}"; }

TEST(MemoryScratch, CountsWhatAPermutationOfAWeightTakes) {
  const double largest = 4.0 * 4096 * 1024;
  const std::string plain = weights("noise: gaussian, strength: {relative_l2: 0.1}");
  const StageMemory memory = memory_of(plain);
  EXPECT_GE(memory.distortion, 2.0 * largest);
  EXPECT_LT(memory.distortion, 2.5 * largest);
  EXPECT_EQ(memory_of(plain + ", " + plain).distortion, memory.distortion + largest);
  const std::string permuted = weights("noise: permuted, reference: " + kW4);
  EXPECT_EQ(memory_of(permuted).distortion, memory.distortion + 8.0 * largest);
}

std::string outer(const std::string& roles, const std::string& what) {
  return "{sites: {tensor: weight, roles: " + roles + "}, " + what + "}";
}

TEST(MemoryScratch, CountsPartsOfAnEmbeddingOrAHeadThatIsDistorted) {
  const std::string noise = "noise: gaussian, strength: {relative_l2: 0.1}";
  const double row = 4.0 * 1024, part = 1024 * row, slab = 8192 * row;
  const std::string head = outer("lm_head", noise), tokens = outer("embed_tokens", noise);
  // A part as read and as distorted stays with the lane; its slab is packed from one in f32.
  EXPECT_EQ(memory_of(head).head, slab + 2.0 * part);
  EXPECT_EQ(memory_of(head).turn, slab);
  EXPECT_EQ(memory_of(head + ", " + head).turn, slab + part);  // between two steps
  // The rows of the stage's tokens, the last part's, and the parts while they are made.
  EXPECT_EQ(memory_of(tokens).head, 0.0);
  EXPECT_EQ(memory_of(tokens).turn, 2 * 512 * row + part + 2.0 * part);
  EXPECT_EQ(memory_of(head + ", " + tokens).turn, slab);
  // Larger parts where more rows belong together.
  const std::string bands =
      outer("lm_head", "grid: uniform, bits: 4, granularity: {group: 3000, axis: in}");
  EXPECT_EQ(memory_of(bands).head, slab + 2.0 * 3000 * row);
}

TEST(MemoryScratch, CountsAWholeHeadWhereADistortionMustSeeIt) {
  const double whole = 4.0 * 50000 * 1024, slab = 4.0 * 8192 * 1024;
  const std::string permuted = "noise: permuted, reference: " + kW4;
  const StageMemory head = memory_of(outer("lm_head", permuted));
  EXPECT_EQ(head.head, slab + whole);
  EXPECT_EQ(head.turn, slab + 9.0 * whole);  // as read, and what the permutation takes
  const double turn = memory_of(outer("embed_tokens", permuted)).turn;
  EXPECT_GT(turn, 10.0 * whole);
  EXPECT_LT(turn, 10.1 * whole);
  // Within a row nothing must be held.
  EXPECT_LT(memory_of(outer("lm_head", permuted + ", scope: channel")).head, slab + 0.1 * whole);
}

TEST(MemoryScratch, CountsWhatAPermutationOfAWindowTakes) {
  const std::string entry =
      "{sites: {tensor: input}, noise: permuted, reference: {grid: uniform, "
      "bits: 4, granularity: token}";
  const double by_token = memory_of(entry + "}").fixed;
  EXPECT_EQ(memory_of(entry + ", scope: tensor}").fixed, by_token + 8.0 * 4.0 * 512 * 4096);
}

TEST(MemoryScratch, CountsWhatAPermutationOfAStateTakes) {
  for (const std::string state : {"resid", "k_cache", "v_cache"}) {
    const std::string entry = "{sites: {tensor: " + state +
                              "}, noise: permuted, reference: {grid: uniform, bits: 4, "
                              "granularity: token}";
    EXPECT_GT(memory_of(entry + ", scope: tensor}").fixed, memory_of(entry + "}").fixed) << state;
  }
}

TEST(MemoryScratch, CountsCodesAndSumsOfIntegerProducts) {
  const auto of = [](Execution arm, const std::string& more) {
    std::vector<Trial> made = make_trials(
        weights("grid: uniform, bits: 8, granularity: channel") +
        ", {sites: {tensor: input}, grid: uniform, bits: 8, granularity: token" + more + "}");
    made.front().execute = arm;
    const ModelTrial trial(made.front(), model());
    const std::vector<const ModelTrial*> trials = {&trial};
    return stage_memory(model(), windows_of(1, 512), {0, 1}, trials, 1, 0.0);
  };
  const StageMemory simulated = of(Execution::simulated, ""), integer = of(Execution::integer, "");
  const double codes = 512 * 4096, sums = 4.0 * 129 * 4096;
  EXPECT_GE(integer.fixed, simulated.fixed + codes + sums);
  EXPECT_LT(integer.fixed, simulated.fixed + 1.1 * (codes + sums));
  EXPECT_EQ(integer.distortion, simulated.distortion + 4096 * 1024);
  // What stays as it is stands beside the codes in f32, and the codes of weights by columns.
  const StageMemory outliers = of(Execution::integer, ", except_outliers: 6.0");
  EXPECT_GE(outliers.fixed, integer.fixed + 4.0 * codes);
  EXPECT_EQ(outliers.distortion, integer.distortion + 4096 * 1024);
}

TEST(MemoryScratch, CountsStatisticsWhereALaneActsByThem) {
  const auto of = [](const std::string& entries) {
    const ModelTrial trial = make_needy_trial(entries, model());
    const std::vector<const ModelTrial*> trials = {&trial};
    return stage_memory(model(), windows_of(2, 512), {0, 2}, trials, 1, 0.0);
  };
  const auto needy = [](const std::string& sites) {
    return "{sites: {" + sites + "}, noise: needy, factor: 0.5}";
  };
  const auto noise = [](const std::string& sites) {
    return "{sites: {" + sites + "}, noise: gaussian, strength: {relative_l2: 0.1}}";
  };
  const InputNeeds needs = NeedyDistortion(0.5).input_needs(SiteTensor::weight);
  const double narrow = needs.bytes(1024), wide = needs.bytes(4096);
  // Weights were made before.
  const std::string weights = "tensor: weight";
  EXPECT_EQ(of(needy(weights)).turn, of(noise(weights)).turn);
  EXPECT_EQ(of(needy(weights)).distortion, of(noise(weights)).distortion);
  const std::string inputs = "tensor: input, roles: down_proj";
  EXPECT_EQ(of(needy(inputs)).turn, of(noise(inputs)).turn + wide);
  EXPECT_EQ(of(needy(inputs)).fixed, of(noise(inputs)).fixed + 8.0 * 4096 * 4096);
  const std::string head = "tensor: input, roles: lm_head";
  EXPECT_EQ(of(needy(head)).turn, of(noise(head)).turn + narrow);
}

TEST(MemoryScratch, CountsALongWindowOnce) {
  const std::string entry =
      "{sites: {tensor: input}, noise: gaussian, strength: {relative_l2: 0.1}}";
  const double one = memory_of(entry, 1, 8192, 1).fixed;
  // However many threads share it.
  EXPECT_LT(memory_of(entry, 1, 8192, 8).fixed, 2.0 * one);
}

}  // namespace
}  // namespace nf
