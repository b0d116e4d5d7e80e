#include "eval/plan/memory.h"

#include <gtest/gtest.h>

#include <numeric>
#include <regex>

#include "core/base/error.h"
#include "core/tensor/matrix.h"
#include "tests/support/family_support.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

constexpr double kMiB = 1024.0 * 1024.0, kGiB = 1024.0 * kMiB;
/// A program with a tokenizer and a text.
constexpr double kProcess = 60.0 * kMiB;

const std::string kWeights =
    "{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}";
const std::string kInputs =
    "{sites: {tensor: input}, noise: gaussian, strength: {relative_l2: 0.1}}";
const std::string kHead =
    "{sites: {tensor: weight, roles: lm_head}, noise: gaussian, strength: {relative_l2: 0.1}}";
const std::string kTokens =
    "{sites: {tensor: weight, roles: embed_tokens}, noise: gaussian, strength: {relative_l2: "
    "0.1}}";
/// Needs the matrix in one piece.
const std::string kPermutedHead =
    "{sites: {tensor: weight, roles: lm_head}, noise: permuted, reference: {grid: uniform, bits: "
    "4, granularity: channel}}";

/// The shapes of a published model.
DecoderSpec shapes_of(const TinyModel& family, Index hidden, Index inner, Index layers, Index heads,
                      Index kv_heads, Index vocab) {
  return spec_of(with_fields(family.config, {{"hidden_size", hidden},
                                             {"intermediate_size", inner},
                                             {"num_hidden_layers", layers},
                                             {"num_attention_heads", heads},
                                             {"num_key_value_heads", kv_heads},
                                             {"head_dim", hidden / heads},
                                             {"vocab_size", vocab}}));
}
DecoderSpec llama_2_7b() { return shapes_of(tiny_llama(), 4096, 11008, 32, 32, 32, 32000); }
DecoderSpec llama_3_8b() { return shapes_of(tiny_llama(), 4096, 14336, 32, 32, 8, 128256); }
DecoderSpec command_r() { return shapes_of(tiny_cohere(), 8192, 22528, 40, 64, 64, 256000); }

std::vector<EvalItem> windows_of(Index count, Index context) {
  EvalItem window{.ids = std::vector<std::int32_t>(static_cast<std::size_t>(context), 0),
                  .layout = Layout::window(context),
                  .targets = {}};
  for (Index row = 0; row + 1 < context; ++row) window.targets.push_back({.row = row});
  return std::vector<EvalItem>(static_cast<std::size_t>(count), window);
}

/// A model, its items in one stage, and some trials.
struct Case {
  Case(DecoderSpec model, std::vector<EvalItem> what, const std::vector<std::string>& entries)
      : spec(std::move(model)), items(std::move(what)), stage{0, std::ssize(items)} {
    for (const std::string& each : entries) made.push_back(make_model_trial(each, spec));
    for (const ModelTrial& trial : made) trials.push_back(&trial);
  }

  StageMemory memory(Index threads = 2, double process = kProcess) const {
    return stage_memory(spec, items, stage, trials, threads, process);
  }
  WavePlan plan(double bytes, Index threads = 2, bool is_binding = true,
                bool is_given = true) const {
    return plan_waves(spec, items, stage, trials, threads,
                      {.bytes = bytes,
                       .process_bytes = kProcess,
                       .is_given = is_given,
                       .is_binding = is_binding});
  }
  /// Lanes of trials [first, first + count) with a head of their own.
  Index own_heads(Index first, Index count) const {
    Index heads = 0;
    for (Index i = first; i < first + count; ++i)
      heads += trials[static_cast<std::size_t>(i)]->lm_head().empty() ? 0 : 1;
    return heads;
  }
  std::string refusal(double bytes, Index threads = 2, bool is_given = true) const {
    try {
      plan(bytes, threads, /*is_binding=*/true, is_given);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  }

  DecoderSpec spec;
  std::vector<EvalItem> items;
  Stage stage;
  std::vector<ModelTrial> made;
  std::vector<const ModelTrial*> trials;
};

/// Ten trials of all kinds on a small model with long hidden states.
Case mixed_case() {
  std::vector<std::string> entries;
  for (int i = 0; i < 4; ++i) entries.insert(entries.end(), {kWeights, kInputs});
  entries.insert(entries.begin() + 3, kHead);
  entries.push_back(kHead);
  return Case(shapes_of(tiny_llama(), 1024, 2816, 4, 16, 16, 50000), windows_of(100, 512), entries);
}

/// The megabytes that a refusal names as the least.
double least_named(const std::string& message) {
  std::smatch match;
  const std::regex pattern("at least ([0-9]+) MiB are needed");
  if (!std::regex_search(message, match, pattern)) {
    ADD_FAILURE() << message;
    return 0.0;
  }
  return std::stod(match[1]) * kMiB;
}

TEST(PlanWaves, HoldAllTrialsInOrderWithinTheBudget) {
  const Case mixed = mixed_case();
  const StageMemory memory = mixed.memory();
  std::size_t before = mixed.trials.size() + 1;
  bool several = false;
  const double least = least_named(mixed.refusal(1.0));
  for (double bytes = least; bytes < 12.0 * kGiB; bytes *= 1.1) {
    const WavePlan plan = mixed.plan(bytes);
    Index first = 0;
    for (const Index lanes : plan.lanes) {
      EXPECT_GE(lanes, 1);
      EXPECT_LE(memory.of(lanes + 1, plan.distorting_threads, mixed.own_heads(first, lanes)),
                bytes);
      first += lanes;
      // The next one would not have fitted.
      if (first < 10) {
        EXPECT_GT(memory.of(lanes + 2, plan.distorting_threads,
                            mixed.own_heads(first - lanes, lanes + 1)),
                  bytes);
      }
    }
    EXPECT_EQ(first, 10);
    EXPECT_LE(plan.lanes.size(), before) << bytes;  // more memory, no more waves
    several = several || (plan.lanes.size() > 2 && plan.lanes.size() < 10);
    before = plan.lanes.size();
  }
  EXPECT_TRUE(several);
  // Where one of them wants a head of its own, others fit two by two.
  EXPECT_GT(mixed.plan(least).lanes.size(), 5u);
}

TEST(PlanWaves, NameTheLeastThatWouldDo) {
  for (const Index threads : {1, 2, 7}) {
    const Case mixed = mixed_case();
    const double least = least_named(mixed.refusal(100.0 * kMiB, threads));
    EXPECT_EQ(mixed.refusal(least, threads), "accepted");
    // Also in the next run, which may hold a little more; but not far from what must be.
    EXPECT_EQ(mixed.refusal(least - 4.0 * kMiB, threads), "accepted");
    EXPECT_NE(mixed.refusal(least - 5.0 * kMiB, threads), "accepted");
  }
  const std::string message = mixed_case().refusal(100.0 * kMiB, 3);
  EXPECT_TRUE(message.starts_with(
      "memory: 100 MiB are too few for this model and data on 3 threads: at least "))
      << message;
}

TEST(PlanWaves, RefuseWhatIsFreeHereLikeABudgetThatWasGiven) {
  const Case mixed = mixed_case();
  const std::string message = mixed.refusal(100.0 * kMiB, 2, /*is_given=*/false);
  EXPECT_TRUE(message.starts_with("memory: 100 MiB, most of what is free here, are too few"))
      << message;
}

TEST(PlanWaves, GoOnWithoutEnoughWhereTheBudgetDoesNotBind) {
  const Case mixed = mixed_case();
  const WavePlan plan = mixed.plan(1.0, 4, /*is_binding=*/false);
  EXPECT_EQ(plan.lanes, std::vector<Index>(10, 1));
  EXPECT_EQ(plan.distorting_threads, 1);
}

TEST(PlanWaves, TakeTheBaselineAloneWithoutTrials) {
  const Case alone(llama_2_7b(), windows_of(2, 512), {});
  EXPECT_EQ(alone.plan(8.0 * kGiB).lanes, std::vector<Index>{0});
  EXPECT_EQ(alone.plan(1.0, 2, false).lanes, std::vector<Index>{0});
  const double least = least_named(alone.refusal(kMiB));
  EXPECT_EQ(alone.refusal(least), "accepted");
  EXPECT_LT(least, least_named(Case(llama_2_7b(), windows_of(2, 512), {kInputs}).refusal(kMiB)));
}

TEST(PlanWaves, DistortWithAsManyThreadsAsFit) {
  const Case one(llama_2_7b(), windows_of(2, 512), {kWeights});
  const double least = least_named(one.refusal(kMiB, 8));
  const StageMemory memory = one.memory(8);
  Index before = 1;
  EXPECT_EQ(one.plan(least, 8).distorting_threads, 1);
  for (double bytes = least; bytes < 40.0 * kGiB; bytes *= 1.05) {
    const Index now = one.plan(bytes, 8).distorting_threads;
    EXPECT_GE(now, before);
    EXPECT_LE(memory.of(2, now, 0), bytes);
    before = now;
  }
  EXPECT_EQ(before, 8);
}

TEST(PlanWaves, HoldNoMoreLanesThanTheLimitAllows) {
  const Case many(llama_2_7b(), windows_of(8, 512), std::vector<std::string>(20, kInputs));
  const auto lanes = [&](double bytes, const WaveLimit& limit) {
    return plan_waves(many.spec, many.items, many.stage, many.trials, 2,
                      {.bytes = bytes, .process_bytes = kProcess}, limit)
        .lanes;
  };
  EXPECT_EQ(lanes(1e15, {}), (std::vector<Index>{20}));
  EXPECT_EQ(lanes(1e15, [](Index first) { return first < 5 ? 5 : 12; }),
            (std::vector<Index>{5, 12, 3}));
  // Where the memory is for less, it decides.
  EXPECT_EQ(lanes(many.memory().of(4, 2, 0), [](Index) { return 8; }).front(), 3);
}

TEST(PlanWaves, LookNoFartherThanTheWavesThatAreAskedFor) {
  const Case many(llama_2_7b(), windows_of(8, 512), std::vector<std::string>(20, kInputs));
  std::vector<Index> asked;
  const auto limit = [&asked](Index first) {
    asked.push_back(first);
    return Index{2};
  };
  const WavePlan plan = plan_waves(many.spec, many.items, many.stage, many.trials, 2,
                                   {.bytes = 1e15, .process_bytes = kProcess}, limit, 1);
  EXPECT_EQ(plan.lanes, (std::vector<Index>{2}));
  EXPECT_EQ(asked, (std::vector<Index>{0})) << "a run that asks before each wave is not quadratic";
}

TEST(StageMemory, GrowsOnlyByWhatEachThreadHolds) {
  // Few rows are never held more often than they are there, however many threads there are.
  const Case few(llama_2_7b(), windows_of(2, 512), {kInputs});
  const double rows = 2 * 512 * 4.0 * (3 * 4096 + 4 * 4096 + 2 * 11008 + 2 * 11008);
  const double before = few.memory(16).fixed - few.memory(8).fixed;
  EXPECT_GT(before, 0.0);
  EXPECT_LT(before, rows + 8 * 64.0 * kMiB);
}

TEST(StageMemory, LetsSevenBillionWeightsRunInFourGiB) {
  const Case alone(llama_2_7b(), windows_of(2, 512), {});
  EXPECT_EQ(alone.refusal(4.0 * kGiB, 2), "accepted");
  const Case noisy(llama_2_7b(), windows_of(2, 512), {kWeights, kInputs});
  EXPECT_EQ(noisy.refusal(4.0 * kGiB, 2), "accepted");
}

TEST(StageMemory, HoldsNoWholeHead) {
  for (const DecoderSpec& spec : {llama_3_8b(), command_r()}) {
    const double head = 4.0 * static_cast<double>(spec.vocab_size * spec.hidden_size);
    StageMemory memory = Case(spec, windows_of(2, 512), {kInputs}).memory(1, 0.0);
    double block = 0.0;
    for (const LinearTensors& linear : spec.block(0).linears)
      block += 4.0 * static_cast<double>(linear.out * linear.in);
    // The memory that one thread needs for a batch and a packed chunk of the head does not grow.
    EXPECT_LT(memory.of(2, 1, 0) - block, 0.3 * head);
    // Nor does a lane that distorts it or the embedding.
    for (const std::string& own : {kHead, kTokens}) {
      const StageMemory lane = Case(spec, windows_of(2, 512), {own}).memory(1, 0.0);
      EXPECT_LT(lane.of(2, 1, 1) - memory.of(2, 1, 0), 0.3 * head) << own;
    }
    memory = Case(spec, windows_of(2, 512), {kPermutedHead}).memory(1, 0.0);
    EXPECT_GT(memory.of(2, 1, 1), 2.0 * head);  // but one that cannot do without
  }
}

TEST(StageMemory, GrowsWithWhatIsHeld) {
  const auto of = [](const std::vector<std::string>& entries, Index windows, Index context,
                     Index threads = 2) {
    return Case(llama_2_7b(), windows_of(windows, context), entries).memory(threads);
  };
  const StageMemory small = of({kInputs}, 2, 512);
  // A lane holds its hidden states, later the rows that the head reads.
  EXPECT_GE(small.lane, 2 * 512 * 4096 * 4.0);
  EXPECT_LT(small.lane, 1.1 * 2 * 512 * 4096 * 4.0);
  EXPECT_NEAR(of({kInputs}, 6, 512).lane, 3.0 * small.lane, 1.0);
  EXPECT_GT(of({kInputs}, 2, 2048).fixed, small.fixed);
  EXPECT_GT(of({kInputs}, 8, 512, 4).fixed, of({kInputs}, 8, 512, 3).fixed);
  // Weights of its own only where a lane distorts them.
  EXPECT_EQ(small.turn, 0.0);
  EXPECT_EQ(small.distortion, 0.0);
  const StageMemory weights = of({kInputs, kWeights}, 2, 512);
  EXPECT_GT(weights.turn, 4.0 * (4 * 4096 + 3 * 11008) * 4096 * 0.99);
  EXPECT_GT(weights.distortion, 2.0 * 4.0 * 11008 * 4096);
  EXPECT_EQ(weights.head, 0.0);
  // The floor packs all of them anew, and the head.
  const DecoderSpec spec = llama_2_7b();
  const ModelTrial floor = ModelTrial::floor(spec);
  const StageMemory halves = stage_memory(spec, windows_of(2, 512), {0, 2},
                                          std::vector<const ModelTrial*>{&floor}, 2, 0.0);
  EXPECT_EQ(halves.turn, weights.turn);
  EXPECT_EQ(halves.distortion, weights.distortion);
  EXPECT_EQ(halves.head, 4.0 * 8192 * 4096);
  // A head of its own only by the slab; whole where a distortion must see it in one piece.
  const double slab = 4.0 * 8192 * 4096, whole = 4.0 * 32000 * 4096;
  const StageMemory head = of({kHead}, 2, 512);
  EXPECT_GT(head.head, slab);
  EXPECT_LT(head.head + head.turn, 2.5 * slab);
  const StageMemory permuted = of({kPermutedHead}, 2, 512);
  EXPECT_GT(permuted.head, whole);
  EXPECT_GT(permuted.turn, 9.0 * whole);
}

TEST(MemoryBudget, IsWhatTheUserGaveOrMostOfWhatIsFree) {
  const MemoryBudget given = MemoryBudget::of(Index{1} << 30);
  EXPECT_TRUE(given.is_given);
  EXPECT_EQ(given.bytes, kGiB);
  EXPECT_GT(given.process_bytes, kMiB);
  const MemoryBudget free = MemoryBudget::of(std::nullopt);
  EXPECT_FALSE(free.is_given);
  EXPECT_GT(free.bytes, free.process_bytes);
}

TEST(ResidentBytes, CountWhatIsTouched) {
  constexpr Index kFloats = Index{16} << 20;
  const double before = resident_bytes();
  Matrix matrix(1, kFloats);
  matrix.fill(1.0f);
  EXPECT_GT(resident_bytes(), before + 0.9 * 4.0 * static_cast<double>(kFloats));
  EXPECT_EQ(matrix(0, kFloats - 1), 1.0f);
}

}  // namespace
}  // namespace nf
