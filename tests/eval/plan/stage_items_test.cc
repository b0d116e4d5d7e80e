/// Windows of every convention and questions through run_stage, against whole sequences through the
/// slow forward pass, and together against each alone.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/parallel.h"
#include "eval/plan/batch_plan.h"
#include "eval/run/stage_runner.h"
#include "eval/tasks/question_item.h"
#include "tests/reference/forward.h"
#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

/// Two chunks of the head.
constexpr Index kVocab = 1100;
/// f32 against double through two blocks, and exponentials in f32: nats a token.
constexpr double kTokenTolerance = 4e-5;

using Ids = std::vector<std::int32_t>;

/// A sequence of which the last `scored` tokens are scored: what an item stands for, part by part.
struct Sequence {
  Ids ids;
  Index scored = 0;
};

Sequence random_sequence(Index tokens, Index scored, std::uint64_t salt) {
  return {random_ids(tokens, kVocab, salt), scored};
}

/// `context`, then each of some random continuations. `same`: tokens that they begin with alike.
std::vector<Sequence> question(Index context, const std::vector<Index>& scored, std::uint64_t salt,
                               Index same = 0) {
  const Ids shared = random_ids(context + same, kVocab, salt);
  std::vector<Sequence> choices;
  for (const Index tokens : scored) {
    const Ids rest = random_ids(tokens - same, kVocab, salt + 100 + choices.size());
    choices.push_back({shared, tokens});
    choices.back().ids.insert(choices.back().ids.end(), rest.begin(), rest.end());
  }
  return choices;
}

/// Windows, short and longer than a tile of queries, and questions of every form: together more
/// rows than one batch has.
struct Mixed {
  Mixed() {
    for (const Index tokens : {24, 3, 130, 2, 150}) add_window(tokens);
    add_question(question(20, {3, 5, 2}, 11));  // a shared context
    add_question(question(40, {4, 6}, 12, 2));  // which the choices lengthen
    add_question(question(9, {1, 1, 1}, 13));   // all in one row
    add_question({random_sequence(12, 4, 14), random_sequence(9, 4, 15)});  // nothing shared
    add_question(question(17, {3}, 16));                                    // one choice
    add_question(question(130, {30, 1}, 17));                               // longer than a tile
    add_question(question(1, {2, 7}, 18));
  }

  EvalSet set() const { return set_of(items, windows); }
  /// Without the items that cost the slow forward pass much time.
  Mixed short_ones() const {
    Mixed few = *this;
    for (std::size_t i = items.size(); i-- > 0;) {
      if (items[i].layout.rows() < 40) continue;
      few.items.erase(few.items.begin() + static_cast<std::ptrdiff_t>(i));
      few.parts.erase(few.parts.begin() + static_cast<std::ptrdiff_t>(i));
      if (static_cast<Index>(i) < windows) --few.windows;
    }
    return few;
  }

  std::vector<EvalItem> items;
  std::vector<std::vector<Sequence>> parts;  ///< by item
  Index windows = 0;

 private:
  void add_window(Index tokens) {
    const Ids ids = random_ids(tokens, kVocab, 1 + items.size());
    EvalItem item{.ids = ids, .layout = Layout::window(tokens), .targets = {}};
    for (Index row = 0; row + 1 < tokens; ++row)
      item.targets.push_back({.row = row, .token = ids[static_cast<std::size_t>(row) + 1]});
    item.first_row = 130 * windows++;
    items.push_back(std::move(item));
    parts.push_back({{ids, tokens - 1}});
  }
  void add_question(const std::vector<Sequence>& choices) {
    std::vector<ChoiceIds> ids;
    for (const Sequence& choice : choices) ids.push_back({choice.ids, choice.scored});
    items.push_back(question_item(ids));
    items.back().first_row = (Index{1} << 40) + std::ssize(items) * (Index{1} << 20);
    parts.push_back(choices);
  }
};

/// log p of every token of the vocabulary behind each token of a sequence. [T, V]
RowMatrix slow_log_softmax(const std::filesystem::path& model, const Ids& ids) {
  RowMatrix logits = reference_forward(model, ids).logits;
  for (Index row = 0; row < logits.rows(); ++row) {
    const double top = logits.row(row).maxCoeff();
    logits.row(row).array() -= top + std::log((logits.row(row).array() - top).exp().sum());
  }
  return logits;
}

/// The scored tokens [first, last) of a sequence by the models in two folders.
PartSums slow_sums(const std::filesystem::path& baseline, const std::filesystem::path& trial,
                   const Ids& ids, Index first, Index last) {
  PartSums sums;
  const RowMatrix b = slow_log_softmax(baseline, ids);
  const RowMatrix t = baseline == trial ? b : slow_log_softmax(trial, ids);
  for (Index i = first; i < last; ++i) {
    const Index row = i - 1;
    const Index token = ids[static_cast<std::size_t>(i)];
    Index best_b = 0, best_t = 0;
    b.row(row).maxCoeff(&best_b);
    t.row(row).maxCoeff(&best_t);
    ++sums.tokens;
    sums.nll -= t(row, token);
    sums.kl += (b.row(row).array().exp() * (b.row(row) - t.row(row)).array()).sum();
    sums.kl_reverse += (t.row(row).array().exp() * (t.row(row) - b.row(row)).array()).sum();
    sums.top1 += best_b == best_t ? 1 : 0;
    sums.greedy += best_t == token ? 1 : 0;
  }
  return sums;
}

void expect_near(const PartSums& fast, const PartSums& slow) {
  const double tolerance = kTokenTolerance * static_cast<double>(slow.tokens);
  EXPECT_EQ(fast.tokens, slow.tokens);
  EXPECT_NEAR(fast.nll, slow.nll, tolerance);
  EXPECT_NEAR(fast.kl, slow.kl, tolerance);
  EXPECT_NEAR(fast.kl_reverse, slow.kl_reverse, tolerance);
  EXPECT_EQ(fast.top1, slow.top1);
  EXPECT_EQ(fast.greedy, slow.greedy);
}

/// A checkpoint of a family, opened.
class StageItems : public testing::Test {
 protected:
  Decoder open(const TinyModel& model, const std::string& name = "model") const {
    model.write(dir_ / name);
    Decoder decoder = open_decoder(dir_ / name);
    decoder.prepare(256);
    return decoder;
  }
  Threads threads_{1};  // these models are too small to share out
  TempDir dir_;
};

TinyModel tiny(const std::string& family) {
  using Make = TinyModel (*)(const TinyOptions&);
  const std::map<std::string, std::pair<Make, TinyOptions>> families = {
      {"opt", {tiny_opt, {}}},
      {"opt_350m", {tiny_opt_350m, {.embed_size = 20}}},
      {"llama", {tiny_llama, {}}},
      {"mistral", {tiny_mistral, {.head_dim = 12}}},
      {"cohere", {tiny_cohere, {}}},
      {"bloom", {tiny_bloom, {.hidden_size = 30, .heads = 6}}},
      {"gpt2", {tiny_gpt2, {.hidden_size = 30, .heads = 5}}},
      {"gpt_neox", {tiny_gpt_neox, {.hidden_size = 48, .heads = 3}}},
      {"qwen2", {tiny_qwen2, {}}},
      {"qwen3", {tiny_qwen3, {.head_dim = 12}}}};
  auto [make, options] = families.at(family);
  options.vocab_size = kVocab;
  return make(options);
}

class StageOfEveryFamily : public StageItems, public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Families, StageOfEveryFamily,
                         testing::Values("opt", "opt_350m", "llama", "mistral", "cohere", "bloom",
                                         "gpt2", "gpt_neox", "qwen2", "qwen3"),
                         [](const auto& family) { return std::string(family.param); });

const std::string kNoise =
    "{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}, "
    "{sites: {tensor: input}, noise: gaussian, strength: {relative_l2: 0.1}}, "
    "{sites: {tensor: input, roles: lm_head}, noise: uniform, strength: {relative_l2: 0.1}}";

TEST_P(StageOfEveryFamily, PartsEqualWholeSequencesThroughTheSlowForwardPass) {
  const Mixed mixed;
  const Decoder decoder = open(tiny(GetParam()));
  const EvalSet set = mixed.set();
  const StageResult result = run_together(decoder, set, {0, set.count()}, {});
  ASSERT_EQ(std::ssize(result.baseline.items), set.count());
  for (std::size_t i = 0; i < mixed.parts.size(); ++i) {
    SCOPED_TRACE("item " + std::to_string(i));
    ASSERT_EQ(result.baseline.items[i].size(), mixed.parts[i].size());
    for (std::size_t p = 0; p < mixed.parts[i].size(); ++p) {
      const auto& [ids, scored] = mixed.parts[i][p];
      expect_near(result.baseline.items[i][p],
                  slow_sums(dir_ / "model", dir_ / "model", ids, std::ssize(ids) - scored,
                            std::ssize(ids)));
    }
  }
}

TEST_P(StageOfEveryFamily, ItemsHaveTheSameBitsAloneAndInAnyCompany) {
  const Mixed mixed;
  const Decoder decoder = open(tiny(GetParam()));
  const ModelTrial trial = make_model_trial(kNoise, decoder.spec());
  const EvalSet set = mixed.set();
  const auto run = [&](const EvalSet& items, const Stage& stage) {
    return run_together(decoder, items, stage, {&trial}, StatsMode::all);
  };
  const StageResult together = run(set, {0, set.count()});
  ASSERT_TRUE(together.lanes[0].error.empty()) << together.lanes[0].error;
  ItemSums baseline, lane;
  std::vector<SiteStats> inputs, all_inputs;
  for (Index i = 0; i < set.count(); ++i) {
    const StageResult alone = run(set, {i, i + 1});
    baseline.push_back(alone.baseline.items.at(0));
    lane.push_back(alone.lanes[0].items.at(0));
    for (const SiteStats& site : alone.lanes[0].sites)
      if (site.site.ends_with(".input")) add_site(site, inputs);
  }
  expect_same_bits(together.baseline.items, baseline);
  expect_same_bits(together.lanes[0].items, lane);
  EXPECT_GT(total_kl(lane), 0.01);

  const auto by_place = [](const SiteStats& a, const SiteStats& b) {
    return std::pair(a.site, a.first_window) < std::pair(b.site, b.first_window);
  };
  std::copy_if(together.lanes[0].sites.begin(), together.lanes[0].sites.end(),
               std::back_inserter(all_inputs),
               [](const SiteStats& site) { return site.site.ends_with(".input"); });
  std::sort(inputs.begin(), inputs.end(), by_place);
  std::sort(all_inputs.begin(), all_inputs.end(), by_place);
  expect_same_sites(all_inputs, inputs);

  // With other numbers of threads the batches are others, and backwards as well.
  for (const Index threads : {2, 3, 8}) {
    set_thread_count(threads);
    const StageResult shared_out = run(set, {0, set.count()});
    expect_same_lane(shared_out.lanes[0], together.lanes[0]);
    expect_same_lane(shared_out.baseline, together.baseline);
  }
  set_thread_count(1);
  std::vector<EvalItem> items(mixed.items.rbegin(), mixed.items.rend());
  StageResult reversed = run(set_of(std::move(items), 0), {0, set.count()});
  std::reverse(reversed.lanes[0].items.begin(), reversed.lanes[0].items.end());
  expect_same_bits(reversed.lanes[0].items, lane);
}

/// The model as a trial leaves it: every weight that it touches distorted by hand.
TinyModel distorted(TinyModel model, const DecoderSpec& spec, const ModelTrial& trial) {
  const auto apply = [&](const std::string& name, const SiteChain& chain) {
    if (chain.empty()) return;
    TestTensor& tensor = model.tensor(name);
    const Index rows = tensor.shape[0], cols = tensor.shape[1];
    Matrix out(rows, cols);
    chain.apply({tensor.values.data(), rows, cols}, {.context = {.seed = trial.seed()}}, out);
    std::copy_n(out.data(), out.size(), tensor.values.begin());
  };
  apply(spec.embed_tokens, trial.embed_tokens());
  apply(spec.lm_head, trial.lm_head());
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
    for (const LinearTensors& linear : spec.block(layer).linears)
      apply(linear.weight, trial.weight(layer, linear.role));
  return model;
}

TEST_F(StageItems, OfATrialEqualTheSlowForwardPassOfADistortedCheckpoint) {
  const Mixed mixed = Mixed().short_ones();
  // The head has more rows than are held packed at a time.
  const Index vocab_size = kHeadSlab + 300;
  const TinyModel model = tiny_llama({.vocab_size = vocab_size, .tied = false});
  const Decoder decoder = open(model);
  const EvalSet set = mixed.set();
  const ModelTrial blocks = make_model_trial(
      "{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel}", decoder.spec());
  const ModelTrial outer = make_model_trial(
      "{sites: {tensor: weight, roles: [embed_tokens, lm_head]}, noise: gaussian, strength: "
      "{relative_l2: 0.2}}",
      decoder.spec(), 3);
  const StageResult result = run_together(decoder, set, {0, set.count()}, {&blocks, &outer});
  for (std::size_t lane = 0; lane < 2; ++lane) {
    SCOPED_TRACE("lane " + std::to_string(lane));
    distorted(model, decoder.spec(), lane == 0 ? blocks : outer).write(dir_ / "distorted");
    for (std::size_t i = 0; i < mixed.parts.size(); ++i) {
      SCOPED_TRACE("item " + std::to_string(i));
      for (std::size_t p = 0; p < mixed.parts[i].size(); ++p) {
        const auto& [ids, scored] = mixed.parts[i][p];
        expect_near(result.lanes[lane].items.at(i).at(p),
                    slow_sums(dir_ / "model", dir_ / "distorted", ids, std::ssize(ids) - scored,
                              std::ssize(ids)));
      }
    }
    EXPECT_GT(total_kl(result.lanes[lane].items), 1.0);
  }
}

TEST_F(StageItems, MayBeLongerThanABatch) {
  const Decoder decoder = open(tiny("gpt2"));
  const ModelTrial trial = make_model_trial(kNoise, decoder.spec());
  const std::vector<Sequence> choices = question(100, std::vector<Index>(10, 60), 21);
  std::vector<ChoiceIds> ids;
  std::vector<EvalItem> items = Mixed().items, alone;
  for (const Sequence& choice : choices) {
    ids.push_back({choice.ids, choice.scored});
    alone.push_back(question_item({ids.back()}));
  }
  const EvalItem item = question_item(ids);
  ASSERT_GT(item.layout.rows(), kBatchRows);
  items.insert(items.begin() + 3, item);
  const auto run = [&](std::vector<EvalItem> some) {
    const EvalSet set = set_of(std::move(some), 0);
    return run_together(decoder, set, {0, set.count()}, {&trial});
  };
  const StageResult among_others = run(std::move(items)), by_itself = run({item});
  expect_same_bits(among_others.baseline.items[3], by_itself.baseline.items[0]);
  expect_same_bits(among_others.lanes[0].items[3], by_itself.lanes[0].items[0]);
  const ItemSums apart = run(std::move(alone)).baseline.items;
  for (std::size_t part = 0; part < choices.size(); ++part) {
    EXPECT_EQ(by_itself.baseline.items[0][part].tokens, 60);
    EXPECT_NEAR(by_itself.baseline.items[0][part].nll, apart[part][0].nll, 60 * kTokenTolerance);
  }
}

TEST_F(StageItems, StridedScoreEachTokenOnceWithItsContext) {
  constexpr Index kTokens = 71, kContext = 24;
  const Decoder decoder = open(tiny("opt"));
  const Ids text = random_ids(kTokens, kVocab);
  for (const Index stride : {7, 12, 23}) {
    SCOPED_TRACE("stride " + std::to_string(stride));
    const EvalSet set = window_set(
        text, {.context = kContext, .convention = Convention::strided, .stride = stride});
    const ItemSums items = run_together(decoder, set, {0, set.count()}, {}).baseline.items;
    Index next = 1;  // token to be scored
    std::size_t window = 0;
    for (Index begin = 0; next < kTokens; begin += stride, ++window) {
      SCOPED_TRACE("window from " + std::to_string(begin));
      const Index end = std::min(begin + kContext, kTokens);
      const Ids ids(text.begin() + begin, text.begin() + end);
      ASSERT_LT(window, items.size());
      expect_near(items[window][0],
                  slow_sums(dir_ / "model", dir_ / "model", ids, next - begin, end - begin));
      next = end;
    }
    EXPECT_EQ(items.size(), window);
  }
}

TEST_F(StageItems, OfLlamaCppScoreTheSecondHalf) {
  const Decoder decoder = open(tiny("llama"));
  const Ids text = random_ids(70, kVocab);
  for (const Index context : {16, 17}) {
    const EvalSet set = window_set(text, {.context = context, .convention = Convention::llama_cpp});
    const ItemSums items = run_together(decoder, set, {0, set.count()}, {}).baseline.items;
    ASSERT_EQ(std::ssize(items), 70 / context);
    for (Index w = 0; w < std::ssize(items); ++w) {
      const Ids ids(text.begin() + w * context, text.begin() + (w + 1) * context);
      expect_near(items[static_cast<std::size_t>(w)][0],
                  slow_sums(dir_ / "model", dir_ / "model", ids, context / 2 + 1, context));
    }
  }
}

TEST_F(StageItems, DrawWhereTheirFirstRowSays) {
  const Decoder decoder = open(tiny("llama"));
  const ModelTrial trial = make_model_trial(kNoise, decoder.spec());
  const auto run = [&](std::vector<EvalItem> items) {
    const EvalSet set = set_of(std::move(items), 0);
    return run_together(decoder, set, {0, set.count()}, {&trial}).lanes[0].items;
  };
  const EvalItem item = Mixed().items[5];
  EvalItem elsewhere = item;
  elsewhere.first_row += 1;
  const ItemSums sums = run({elsewhere, item, elsewhere, item});
  expect_same_bits(sums[0], sums[2]);
  expect_same_bits(sums[1], sums[3]);
  for (std::size_t part = 0; part < 3; ++part) EXPECT_NE(sums[0][part].nll, sums[1][part].nll);

  // The same rows as a window and as a question of one choice.
  EvalItem window = Mixed().items[0];
  std::vector<ChoiceIds> one = {{window.ids, 4}};
  EvalItem choice = question_item(one);
  choice.ids.push_back(window.ids.back());  // which a window reads as well
  choice.layout = Layout::window(std::ssize(choice.ids));
  choice.first_row = window.first_row = 5;
  window.targets.erase(window.targets.begin(), window.targets.end() - 4);
  const ItemSums same = run({window, choice});
  expect_same_bits(same[0], same[1]);
}

}  // namespace
}  // namespace nf
