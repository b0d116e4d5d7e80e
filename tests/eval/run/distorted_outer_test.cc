#include "eval/run/distorted_outer.h"

#include <gtest/gtest.h>

#include "eval/plan/system_memory.h"
#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"
#include "tests/support/whole_outer.h"

namespace nf {
namespace {

constexpr std::uint64_t kSeed = 7;

std::string entry(const std::string& what, const std::string& role = "lm_head") {
  return "{sites: {tensor: weight, roles: " + role + "}, " + what + "}";
}
const std::string kNoise = "noise: gaussian, strength: {relative_l2: 0.1}";
const std::string kClip = "noise: clip, quantile: 0.99";
const std::string kBands = "grid: uniform, bits: 4, granularity: {group: 7, axis: in}";
/// Needs the matrix in one piece.
const std::string kPermuted =
    "noise: permuted, reference: {grid: uniform, bits: 4, granularity: channel}";

/// A model of so many tokens.
struct Model {
  explicit Model(Index vocab_size) {
    tiny_llama({.vocab_size = vocab_size, .tied = false}).write(dir.path());
    decoder.emplace(open_decoder(dir.path()));
  }
  const DecoderSpec& spec() const { return decoder->spec(); }
  ModelTrial trial(const std::string& entries) const {
    return make_model_trial(entries, spec(), kSeed);
  }

  TempDir dir;
  std::optional<Decoder> decoder;
};

/// All rows, so many at a time.
Matrix made_by(DistortedOuter& outer, Index rows, Index cols, Index at_once) {
  Matrix made(rows, cols);
  for (Index first = 0; first < rows; first += at_once)
    outer.next(made.view().middle_rows(first, std::min(at_once, rows - first)));
  return made;
}

TEST(DistortedOuter, HasTheBitsAndTheStatisticsOfTheWhole) {
  for (const Index vocab : {41, 1024, 1025, 2100}) {
    const Model model(vocab);
    for (const std::string& what :
         {entry(kNoise), entry(kClip) + ", " + entry(kNoise), entry(kBands), entry(kPermuted),
          entry(kNoise) + ", " + entry(kPermuted) + ", " + entry(kBands)}) {
      const ModelTrial trial = model.trial(what);
      for (const bool complete : {true, false}) {
        const WholeOuter whole(*model.decoder, Role::lm_head, trial.lm_head(), kSeed, true,
                               complete);
        for (const Index threads : {1, 3}) {
          const Threads set(threads);
          for (const Index at_once : {1, 700, 8192}) {
            DistortedOuter outer(*model.decoder, Role::lm_head, trial.lm_head(), kSeed, true,
                                 complete);
            EXPECT_TRUE(equal_bits(made_by(outer, vocab, 32, at_once), whole.distorted)) << what;
            EXPECT_EQ(outer.problem(), "");
            const std::vector<SiteStats> sites = outer.take_sites();
            expect_same_sites(sites, whole.sites);
            EXPECT_EQ(sites.front().stats, whole.sites.front().stats) << what;
          }
        }
      }
    }
  }
}

TEST(DistortedOuter, KeepsTheRowsOfSomeTokens) {
  const Model model(2100);
  const ModelTrial trial = model.trial(entry(kNoise, "embed_tokens"));
  const WholeOuter whole(*model.decoder, Role::embed_tokens, trial.embed_tokens(), kSeed);
  DistortedOuter outer(*model.decoder, Role::embed_tokens, trial.embed_tokens(), kSeed, true, true);
  const TokenRows tokens = outer.take_tokens({2099, 5, 1024, 5, 1023, 0, 2100, -1});
  EXPECT_EQ(tokens.ids, (std::vector<std::int32_t>{0, 5, 1023, 1024, 2099}));
  for (const std::int32_t id : tokens.ids)
    EXPECT_TRUE(std::equal(tokens.of(id), tokens.of(id) + 32, whole.distorted.view().row(id)))
        << id;
  // Statistics are of the whole matrix.
  expect_same_sites(outer.take_sites(), whole.sites);
}

TEST(DistortedOuter, NamesTheFirstValueThatIsNotFinite) {
  const Model model(2100);
  std::string overflow;  // 1e9 to the sixth is beyond f32
  for (int i = 0; i < 6; ++i)
    overflow += (i > 0 ? ", " : "") + entry("noise: gaussian, strength: {relative_l2: 1e9}");
  const ModelTrial trial = model.trial(overflow);
  const WholeOuter whole(*model.decoder, Role::lm_head, trial.lm_head(), kSeed);
  ASSERT_NE(whole.problem, "");
  DistortedOuter outer(*model.decoder, Role::lm_head, trial.lm_head(), kSeed, true, true);
  made_by(outer, 2100, 32, 8192);
  EXPECT_EQ(outer.problem(), whole.problem);
  EXPECT_TRUE(outer.take_sites().empty());
}

TEST(DistortedOuter, MeasuresWhereAsked) {
  const Model model(41);
  const ModelTrial trial = model.trial(entry(kNoise));
  DistortedOuter outer(*model.decoder, Role::lm_head, trial.lm_head(), kSeed, false, true);
  EXPECT_THROW(outer.take_sites(), InternalError);  // no row is made
  made_by(outer, 41, 32, 41);
  EXPECT_TRUE(outer.take_sites().empty());
  Matrix more(1, 32);
  EXPECT_THROW(outer.next(more), InternalError);
}

/// The matrix that a lane distorts, in the checkpoint itself.
TEST(DistortedOuter, MakesALaneTheModelOfACheckpointWithThatMatrix) {
  constexpr Index kVocab = 2100, kContext = 24;
  const TempDir dir;
  TinyModel made = tiny_llama({.vocab_size = kVocab, .tied = false});
  made.write(dir / "plain");
  Decoder decoder = open_decoder(dir / "plain");
  decoder.prepare(kContext);
  const EvalSet set = window_set(random_ids(3 * kContext, kVocab), {.context = kContext});
  const std::string both = "[embed_tokens, lm_head]";
  for (const std::string& what : {entry(kNoise, both), entry(kPermuted, both)}) {
    const ModelTrial trial = make_model_trial(what, decoder.spec(), kSeed);
    const auto replace = [&](const std::string& name, Role role, const SiteChain& chain) {
      const WholeOuter whole(decoder, role, chain, kSeed);
      made.tensor(name).values.assign(whole.distorted.data(),
                                      whole.distorted.data() + whole.distorted.size());
    };
    replace("model.embed_tokens.weight", Role::embed_tokens, trial.embed_tokens());
    replace("lm_head.weight", Role::lm_head, trial.lm_head());
    made.write(dir / "changed");
    Decoder changed = open_decoder(dir / "changed");
    changed.prepare(kContext);
    const StageResult lane = run_together(decoder, set, {0, 3}, {&trial});
    const StageResult expected = run_together(changed, set, {0, 3}, {});
    ASSERT_EQ(lane.lanes[0].error, "");
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_EQ(lane.lanes[0].items[i][0].nll, expected.baseline.items[i][0].nll);
  }
}

/// Neither the embedding nor the head is ever held as a whole.
TEST(DistortedOuter, HoldsNoWholeMatrix) {
  constexpr Index kVocab = 400000, kContext = 24;
  constexpr double kWhole = 4.0 * kVocab * 32;
  const Threads threads(1);
  Model model(kVocab);
  Decoder& decoder = *model.decoder;
  decoder.prepare(kContext);
  const EvalSet set = window_set(random_ids(2 * kContext, kVocab), {.context = kContext});
  const ModelTrial trial = model.trial(entry(kNoise, "[embed_tokens, lm_head]"));
  if (!reset_peak_resident()) GTEST_SKIP() << "this system does not let the peak begin anew";
  run_together(decoder, set, {0, 2}, {});
  const double plain = peak_resident_bytes();  // pages of the file that are being read among it
  ASSERT_TRUE(reset_peak_resident());
  const StageResult result = run_together(decoder, set, {0, 2}, {&trial});
  EXPECT_EQ(result.lanes[0].error, "");
  EXPECT_LT(peak_resident_bytes() - plain, 0.4 * kWhole);
}

TEST(DistortedOuter, SaysWhereNothingIsLeft) {
  const Model model(1025);
  const auto notes = [&](const std::string& keep) {
    const ModelTrial trial =
        model.trial(entry("grid: uniform, bits: 8, granularity: channel, keep: " + keep));
    DistortedOuter outer(*model.decoder, Role::lm_head, trial.lm_head(), kSeed, true, false);
    made_by(outer, 1025, 32, 700);
    return outer.take_sites().front().notes;
  };
  EXPECT_EQ(notes("clipping"), Json({{"kept", "nothing"}}));
  EXPECT_EQ(notes("rounding"), nullptr);
}

}  // namespace
}  // namespace nf
