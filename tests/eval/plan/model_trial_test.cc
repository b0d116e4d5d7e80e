#include "eval/plan/model_trial.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random/draw_key.h"
#include "tests/support/random_matrix.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

const DecoderSpec& spec_of(const char* family) {
  static const TempDir dir;
  static const bool written = [] {
    tiny_opt().write(dir / "opt");
    tiny_llama().write(dir / "llama");
    return true;
  }();
  static const DecoderSpec opt = open_decoder(dir / "opt").spec();
  static const DecoderSpec llama = open_decoder(dir / "llama").spec();
  return written && std::string(family) == "opt" ? opt : llama;
}

std::string noise(const std::string& sites, double r = 0.1) {
  return fmt::format("{{sites: {{{}}}, noise: gaussian, strength: {{relative_l2: {}}}}}", sites, r);
}

TEST(ModelTrial, IsTheSameWhereARelationHasAnotherNameNow) {
  const auto identity = [](const std::string& relation) {
    return make_model_trial("gaussian l2=0.1 " + relation, spec_of("llama")).identity();
  };
  EXPECT_EQ(identity("reflected"), identity("inverse"));
  // As folders of earlier versions have it.
  EXPECT_EQ(identity("reflected")[0]["distortion"]["relation"], "inverse");
}

/// The identity is what a trial's id is made of.
TEST(ModelTrial, IsTheSameSaidShortlyOrAtLength) {
  const auto identity = [](const std::string& entries) {
    return make_model_trial(entries, spec_of("llama")).identity();
  };
  const std::string rest = "grid: uniform, symmetric: false, ";
  EXPECT_EQ(identity("W4A8 g64 asym"),
            identity("{sites: {tensor: weight}, " + rest + "bits: 4, granularity: {group: 64}}, " +
                     "{sites: {tensor: input}, " + rest + "bits: 8, granularity: token}"));
  EXPECT_EQ(identity("gaussian l2=0.1"), identity(noise("tensor: weight")));
  EXPECT_EQ(identity(noise("tensor: [weight, input]")),
            identity(noise("tensor: weight") + ", " + noise("tensor: input")));
}

TEST(ModelTrial, ActsWhereItsEntriesSayAndNowhereElse) {
  const ModelTrial trial =
      make_model_trial(noise("tensor: weight, roles: k_proj, layers: 1"), spec_of("opt"));
  EXPECT_EQ(trial.weight(1, Role::k_proj).site.name(), "layers.1.k_proj.weight");
  EXPECT_EQ(trial.weight(1, Role::k_proj).steps.size(), 1u);
  EXPECT_TRUE(trial.weight(0, Role::k_proj).empty());
  EXPECT_TRUE(trial.weight(1, Role::q_proj).empty());
  EXPECT_TRUE(trial.input(1, Role::k_proj).empty());
  EXPECT_FALSE(trial.touches_inputs(1));
  EXPECT_TRUE(trial.touches_weights());
  EXPECT_FALSE(make_model_trial(noise("tensor: input"), spec_of("opt")).touches_weights());
}

TEST(ModelTrial, KeysDrawsBySiteAndOrdinal) {
  const ModelTrial trial = make_model_trial(
      noise("tensor: weight, layers: 0") + ", " + noise("tensor: weight, roles: k_proj"),
      spec_of("opt"));
  const SiteChain& k = trial.weight(0, Role::k_proj);
  ASSERT_EQ(k.steps.size(), 2u);
  EXPECT_EQ(k.steps[0].key, draw_key("layers.0.k_proj.weight", 0));
  EXPECT_EQ(k.steps[1].key, draw_key("layers.0.k_proj.weight", 1));
  // In layer 1 the second entry is the first that touches the site.
  EXPECT_EQ(trial.weight(1, Role::k_proj).steps[0].key, draw_key("layers.1.k_proj.weight", 0));
}

TEST(ModelTrial, CountsAnEntryOfStrengthZeroAmongThoseTouchingASite) {
  const ModelTrial trial = make_model_trial(
      noise("tensor: weight", 0.0) + ", " + noise("tensor: weight"), spec_of("opt"));
  const SiteChain& q = trial.weight(0, Role::q_proj);
  ASSERT_EQ(q.steps.size(), 2u);  // the first too: its statistics say that it did nothing
  EXPECT_EQ(q.steps[1].key, draw_key("layers.0.q_proj.weight", 1));
}

TEST(ModelTrial, SharesOneDistortedInputAmongRolesThatReadOneTensor) {
  const ModelTrial trial = make_model_trial(noise("tensor: input"), spec_of("llama"));
  for (const Role role : {Role::q_proj, Role::k_proj, Role::v_proj}) {
    EXPECT_EQ(trial.input(0, role).site.name(), "layers.0.q_proj.input");
    EXPECT_EQ(trial.input(0, role).steps[0].key, draw_key("layers.0.q_proj.input", 0));
    EXPECT_EQ(trial.input(0, role).variant, trial.input(0, Role::q_proj).variant);
  }
  EXPECT_EQ(trial.input(0, Role::up_proj).steps[0].key, draw_key("layers.0.gate_proj.input", 0));
  EXPECT_EQ(trial.input(0, Role::up_proj).variant, trial.input(0, Role::gate_proj).variant);
}

TEST(ModelTrial, DrawsUnderUpProjWhereThereIsNoGate) {
  const ModelTrial trial = make_model_trial(noise("tensor: input"), spec_of("opt"));
  EXPECT_EQ(trial.input(1, Role::up_proj).steps[0].key, draw_key("layers.1.up_proj.input", 0));
}

TEST(ModelTrial, DrawsUnderTheFirstRolesNameWhicheverRoleIsSelected) {
  const ModelTrial trial =
      make_model_trial(noise("tensor: input, roles: v_proj"), spec_of("llama"));
  EXPECT_EQ(trial.input(0, Role::v_proj).steps[0].key, draw_key("layers.0.q_proj.input", 0));
  EXPECT_EQ(trial.input(0, Role::q_proj).variant, 0);
  EXPECT_NE(trial.input(0, Role::v_proj).variant, 0);
}

TEST(ModelTrial, TellsInputsOfOneTensorApartThatGoThroughDifferentEntries) {
  const ModelTrial trial = make_model_trial(noise("tensor: input, roles: [q_proj, v_proj]") + ", " +
                                                noise("tensor: input, roles: k_proj", 0.2),
                                            spec_of("llama"));
  EXPECT_EQ(trial.input(0, Role::q_proj).variant, trial.input(0, Role::v_proj).variant);
  EXPECT_NE(trial.input(0, Role::q_proj).variant, trial.input(0, Role::k_proj).variant);
  EXPECT_EQ(trial.input(0, Role::v_proj).site.name(), "layers.0.q_proj.input");
  EXPECT_EQ(trial.input(0, Role::k_proj).site.name(), "layers.0.k_proj.input");
}

TEST(ModelTrial, ReachesEmbeddingAndHeadByTheirNamesAlone) {
  const ModelTrial blocks =
      make_model_trial(noise("tensor: weight") + ", " + noise("tensor: input"), spec_of("opt"));
  EXPECT_TRUE(blocks.touches_weights());
  EXPECT_TRUE(blocks.embed_tokens().empty());
  EXPECT_TRUE(blocks.lm_head().empty());
  EXPECT_TRUE(blocks.lm_head_input().empty());

  const ModelTrial outer =
      make_model_trial(noise("tensor: weight, roles: [lm_head, embed_tokens]") + ", " +
                           noise("tensor: input, roles: lm_head"),
                       spec_of("opt"));
  EXPECT_FALSE(outer.touches_weights());  // of a block
  EXPECT_FALSE(outer.touches_inputs(0));
  EXPECT_EQ(outer.embed_tokens().site.name(), "embed_tokens.weight");
  EXPECT_EQ(outer.lm_head().site.name(), "lm_head.weight");
  EXPECT_EQ(outer.lm_head_input().site.name(), "lm_head.input");
  // Also where both are one tensor, each draws for itself.
  EXPECT_EQ(outer.embed_tokens().steps[0].key, draw_key("embed_tokens.weight", 0));
  EXPECT_EQ(outer.lm_head().steps[0].key, draw_key("lm_head.weight", 0));
  EXPECT_EQ(outer.lm_head_input().steps[0].key, draw_key("lm_head.input", 0));
}

TEST(ModelTrial, ReachesTheStatesOfItsBlocks) {
  const ModelTrial trial =
      make_model_trial(noise("tensor: k_cache, layers: 1") + ", " + noise("tensor: resid") + ", " +
                           noise("tensor: resid, layers: 1"),
                       spec_of("llama"));
  const SiteChain& keys = trial.state(1, SiteTensor::k_cache);
  EXPECT_EQ(keys.site.name(), "layers.1.k_cache");
  ASSERT_EQ(keys.steps.size(), 1u);
  EXPECT_EQ(keys.steps[0].key, draw_key("layers.1.k_cache", 0));
  EXPECT_TRUE(trial.state(0, SiteTensor::k_cache).empty());
  EXPECT_TRUE(trial.state(1, SiteTensor::v_cache).empty());
  const SiteChain& resid = trial.state(1, SiteTensor::resid);
  ASSERT_EQ(resid.steps.size(), 2u);
  EXPECT_EQ(resid.steps[1].key, draw_key("layers.1.resid", 1));
  EXPECT_EQ(trial.state(0, SiteTensor::resid).steps.size(), 1u);
  for (const Role role : {Role::q_proj, Role::k_proj, Role::v_proj})
    EXPECT_TRUE(trial.input(1, role).empty());
  EXPECT_FALSE(trial.touches_weights());
  EXPECT_TRUE(trial.touches_inputs(0));
  for (const SiteTensor state : kStates) {
    const ModelTrial one = make_model_trial(
        noise(fmt::format("tensor: {}, layers: 1", site_tensor_name(state))), spec_of("llama"));
    EXPECT_FALSE(one.touches_inputs(0));
    EXPECT_TRUE(one.touches_inputs(1));
  }
}

TEST(ModelTrial, IdentityIsWhatActsWhere) {
  const auto identity = [](const std::string& entries, std::uint64_t seed = 0) {
    return make_model_trial(entries, spec_of("opt"), seed).identity();
  };
  const Json plain = identity(noise("tensor: weight"));
  EXPECT_EQ(plain, identity(noise("tensor: weight"), 9));  // the seed is told apart elsewhere
  EXPECT_EQ(plain, identity(noise("tensor: weight, roles: '*', layers: 0-1")));
  EXPECT_NE(plain, identity(noise("tensor: weight, layers: 0")));
  EXPECT_NE(plain, identity(noise("tensor: input")));
  EXPECT_NE(identity(noise("tensor: v_cache")), identity(noise("tensor: k_cache")));
  EXPECT_NE(plain, identity(noise("tensor: weight", 0.2)));
  EXPECT_NE(identity(noise("tensor: weight") + ", " + noise("tensor: input")),
            identity(noise("tensor: input") + ", " + noise("tensor: weight")));
}

TEST(ModelTrial, IdentityNamesTheCalibrationSetWhereItIsNeeded) {
  const std::string needy = "{sites: {tensor: weight}, noise: needy, factor: 0.5}";
  const auto identity = [](const std::string& entries, const std::string& calibration) {
    return make_needy_trial(entries, spec_of("opt"), 0, calibration).identity();
  };
  EXPECT_NE(identity(needy, "wiki"), identity(needy, "books"));
  EXPECT_EQ(identity(needy, "wiki"), identity(needy, "wiki"));
  const std::string plain = noise("tensor: weight");
  EXPECT_EQ(identity(plain, "wiki"), identity(plain, "books"));
  EXPECT_EQ(identity(plain, "wiki"), make_model_trial(plain, spec_of("opt")).identity());
  const Json both = identity(plain + ", " + needy, "wiki");
  EXPECT_FALSE(both[0].contains("calibration"));
  EXPECT_EQ(both[1]["calibration"], "wiki");
  EXPECT_EQ(both[1]["propagate"], "blocks");
  EXPECT_NE(identity(needy, "wiki"),
            make_needy_trial(needy, spec_of("opt"), 0, "wiki", Propagate::none).identity());
}

TEST(SiteChain, NeedsWhatItsStepsNeed) {
  const std::string needy = "{sites: {tensor: weight}, noise: needy, factor: 0.5}";
  const auto needs = [](const std::string& entries) {
    return make_needy_trial(entries, spec_of("opt")).weight(0, Role::q_proj).input_needs();
  };
  const InputNeeds expected = NeedyDistortion(0.5).input_needs(SiteTensor::weight);
  EXPECT_TRUE(needs(noise("tensor: weight")).empty());
  EXPECT_TRUE(needs("{sites: {tensor: weight}, noise: needy, factor: 0}").empty());
  EXPECT_EQ(needs(needy), expected);
  EXPECT_EQ(needs(noise("tensor: weight") + ", " + needy), expected);
  EXPECT_EQ(needs(needy + ", " + noise("tensor: weight")), expected);
}

TEST(SiteChain, TellsItsStepsWhereTheyAct) {
  // A step that misses its statistics names its site.
  const auto site_of = [](const SiteChain& chain) {
    Matrix x = random_matrix(4, 32, 1), out(4, 32);
    try {
      chain.apply(x, {}, out);
    } catch (const InternalError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const std::string sites = "{sites: {tensor: weight}, noise: needy, factor: 0.5}, ";
  const ModelTrial trial = make_needy_trial(
      sites +
          "{sites: {tensor: input, roles: [k_proj, v_proj]}, noise: needy, factor: 0.5}, "
          "{sites: {tensor: resid}, noise: needy, factor: 0.5}",
      spec_of("llama"));
  const auto names = [&](const SiteChain& chain, const std::string& site) {
    const std::string message = site_of(chain);
    EXPECT_NE(message.find(": " + site + ": no statistics of its inputs"), std::string::npos)
        << message;
  };
  names(trial.weight(1, Role::k_proj), "layers.1.k_proj.weight");
  names(trial.input(1, Role::k_proj), "layers.1.k_proj.input");
  names(trial.input(1, Role::v_proj), "layers.1.k_proj.input");  // one x̃ of both
  names(trial.state(0, SiteTensor::resid), "layers.0.resid");
}

TEST(SiteChain, AppliesItsStepsOneAfterTheOther) {
  const Matrix x = random_matrix(6, 32, 1);
  for (const std::string& entries :
       {noise("tensor: weight"), noise("tensor: weight") + ", " + noise("tensor: weight", 0.3),
        noise("tensor: weight") + ", " + noise("tensor: weight", 0.3) +
            ", {sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel}"}) {
    const ModelTrial trial = make_model_trial(entries, spec_of("opt"), 3);
    const SiteChain& chain = trial.weight(0, Role::q_proj);
    Matrix by_hand(6, 32), next(6, 32), by_chain(6, 32);
    std::copy_n(x.data(), x.size(), by_hand.data());
    for (const SiteStep& step : chain.steps) {
      step.distortion->apply(by_hand, {.key = step.key, .seed = 3}, next);
      std::swap(by_hand, next);
    }
    chain.apply(x, {.context = {.seed = 3}}, by_chain);
    for (Index i = 0; i < x.size(); ++i) ASSERT_EQ(by_chain.data()[i], by_hand.data()[i]);
  }
}

TEST(SiteChain, SaysWhatMemoryItTakes) {
  const auto scratch = [](const std::string& entries) {  // floats for each value
    const ModelTrial trial = make_model_trial(entries, spec_of("opt"));
    return trial.weight(0, Role::q_proj).scratch_bytes(10, 20) / (4 * 10 * 20);
  };
  const std::string sites = "{sites: {tensor: weight}, ";
  const std::string w4 = "{grid: uniform, bits: 4, granularity: channel}";
  const std::string permuted = sites + "noise: permuted, reference: " + w4;
  EXPECT_EQ(scratch(noise("tensor: weight")), 0);
  EXPECT_EQ(scratch(sites + "grid: uniform, bits: 4, granularity: channel}"), 0);
  EXPECT_EQ(scratch(sites + "noise: gaussian, strength: {match: " + w4 + "}}"), 1);
  EXPECT_EQ(scratch(sites + "noise: gaussian, relation: step, strength: {match: " + w4 + "}}"), 2);
  EXPECT_EQ(scratch(sites + "noise: resigned, reference: " + w4 + "}"), 2);
  EXPECT_EQ(scratch(permuted + "}"), 8);
  EXPECT_EQ(scratch(permuted + ", scope: channel}"), 0);  // of a row alone
  // Between two steps their x̃ is held too; two steps never work at the same time.
  EXPECT_EQ(scratch(noise("tensor: weight") + ", " + permuted + "}, " + permuted + "}"), 9);
}

TEST(SiteChain, AddsUpWhatItsStepsClipped) {
  const std::string clip = "{sites: {tensor: weight}, noise: clip, fraction_of_max: 0.5}";
  const Matrix x = random_matrix(4, 64, 2);
  Matrix once(4, 64), twice(4, 64);
  const auto clipped = [&](const std::string& entries, Matrix& out) {
    const ModelTrial trial = make_model_trial(entries, spec_of("opt"));
    return trial.weight(0, Role::q_proj).apply(x, {}, out).clipped;
  };
  const Index first = clipped(clip, once);
  EXPECT_GT(first, 0);
  EXPECT_GT(clipped(clip + ", " + clip, twice), first);
}

const TwinKind* twin_kind(const std::string& name) {
  for (const TwinKind& kind : twin_kinds())
    if (kind.name == name) return &kind;
  throw InternalError(name);
}

ModelTrial with_twin(const std::string& entries, const std::string& kind,
                     std::optional<SiteTensor> of = {}) {
  Trial trial = make_trials(entries).front();
  trial.twin = {.kind = twin_kind(kind), .of = of};
  return ModelTrial(trial, spec_of("llama"));
}

/// With shared draws a twin `resigned` of a noise `resigned` would be that noise again.
TEST(ModelTrial, LetsATwinDrawUnderNoKeyOfItsChain) {
  const std::string gaussian = "{noise: gaussian, strength: {relative_l2: 0.1}}";
  const std::string site = "layers.0.q_proj.weight";
  const std::string plain = noise("tensor: weight");
  for (const std::string kind : {"resigned", "permuted", "gaussian"}) {
    const std::string drawn =
        kind == "gaussian"
            ? "{sites: {tensor: weight}, noise: gaussian, strength: {match: {noise: uniform, "
              "strength: {relative_l2: 0.1}}}}"
            : "{sites: {tensor: weight}, noise: " + kind + ", reference: " + gaussian + "}";
    const auto key = [&](const std::string& entries) {
      return with_twin(entries, kind).weight(0, Role::q_proj).twin.key;
    };
    const std::uint64_t first = twin_ordinal(*twin_kind(kind));
    EXPECT_EQ(key(plain), draw_key(site, first)) << kind;
    EXPECT_EQ(key(drawn), draw_key(site, first + 1)) << kind;
    EXPECT_EQ(key(drawn + ", " + drawn), draw_key(site, first + 2)) << kind;
    EXPECT_EQ(key(plain + ", " + drawn), draw_key(site, first)) << kind;
    const ModelTrial trial = with_twin(drawn + ", " + plain, kind);
    for (const SiteStep& step : trial.weight(0, Role::q_proj).steps)
      EXPECT_NE(step.key, trial.weight(0, Role::q_proj).twin.key) << kind;
  }
}

TEST(ModelTrial, NamesTheTensorOfATwinWhereItLeavesOthersOut) {
  const std::string weights = noise("tensor: weight"), inputs = noise("tensor: input");
  const auto identity = [](const std::string& entries, std::optional<SiteTensor> of) {
    return with_twin(entries, "permuted", of).identity();
  };
  EXPECT_EQ(identity(weights, SiteTensor::weight), identity(weights, {}));
  EXPECT_NE(identity(weights + ", " + inputs, SiteTensor::weight),
            identity(weights + ", " + inputs, {}));
  EXPECT_NE(identity(weights + ", " + inputs, SiteTensor::weight),
            identity(weights + ", " + inputs, SiteTensor::input));
}

const std::string kGptq = "{grid: uniform, bits: 4, granularity: channel, method: gptq}";

ModelTrial with_set(const std::string& entries, std::optional<Propagate> propagate) {
  Trial trial = make_trials(entries).front();
  for (Entry& entry : trial.entries) {
    entry.calibration = "set";
    entry.propagate = propagate;
  }
  return ModelTrial(trial, spec_of("llama"), [](const std::string& name, std::uint64_t) {
    return std::make_shared<const CalibrationSet>(
        CalibrationSet{.name = name, .items = {}, .hash = name});
  });
}

TEST(ModelTrial, LetsWhatAPartIsMatchedToTakeThePathOfTheEntry) {
  const std::string w4 = "{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel, ";
  const auto path = [](const ModelTrial& trial) {
    return trial.weight(1, Role::q_proj).steps.front().finish_calibration.propagate;
  };
  const std::string matched = w4 + "keep: large, strength: {match: " + kGptq + "}}";
  EXPECT_EQ(path(with_set(matched, {})), Propagate::blocks);  // the default of gptq
  EXPECT_EQ(path(with_set(matched, Propagate::sites)), Propagate::sites);
  EXPECT_EQ(path(with_set(matched, Propagate::none)), Propagate::none);
  EXPECT_EQ(with_set(matched, {}).identity()[0]["propagate"], "blocks");
  // A part looks at the untouched model, whatever the entry says: no part of its identity.
  const std::string part = w4 + "keep: output_debiased}";
  EXPECT_EQ(path(with_set(part, Propagate::blocks)), Propagate::none);
  EXPECT_EQ(with_set(part, Propagate::blocks).identity(), with_set(part, {}).identity());
  EXPECT_EQ(with_set(part, {}).identity()[0]["propagate"], "none");
}

TEST(SiteChain, CountsWhatATwinHolds) {
  const auto scratch = [](const std::string& kind) {  // floats for each value
    const ModelTrial trial = with_twin(noise("tensor: weight"), kind);
    return trial.weight(0, Role::q_proj).scratch_bytes(10, 20) / (4 * 10 * 20);
  };
  // Beside δ, steps and marks: draws (2), values, places and these in two orders (4 each).
  for (const char* kind : {"permuted", "permuted_by_size"}) EXPECT_EQ(scratch(kind), 2.25 + 12.0);
  EXPECT_EQ(scratch("gaussian"), 2.25 + 4.0);
}

double norm_of(const Matrix& a, const Matrix& b, Index first, Index count) {
  double squares = 0.0;
  for (Index i = first; i < first + count; ++i)
    squares += std::pow(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]), 2);
  return std::sqrt(squares);
}

TEST(SiteChain, GivesATwinTheGroupsThatWereChosen) {
  const std::string entry =
      "{sites: {tensor: weight}, grid: uniform, bits: 3, granularity: {auto: {coarsest: 64, loss: "
      "0.001}}}";
  const Matrix x = random_matrix(6, 64, 1);
  Matrix made(6, 64), twin(6, 64);
  const DistortionReport report =
      make_model_trial(entry, spec_of("llama")).weight(0, Role::q_proj).apply(x, {}, made);
  const Index group = report.notes.at("group").get<Index>();
  ASSERT_LT(group, 64);
  with_twin(entry, "gaussian_group").weight(0, Role::q_proj).apply(x, {}, twin);
  for (Index first = 0; first < x.size(); first += group) {
    const double expected = norm_of(made, x, first, group);
    EXPECT_NEAR(norm_of(twin, x, first, group), expected, 1e-5 * expected) << first;
  }
}

TEST(SiteChain, LeavesXHatWhereATwinKeepsDelta) {
  // x̂ − x is no f32 for many values that lose most of their size.
  const std::string entry =
      "{sites: {tensor: weight}, grid: uniform, bits: 2, granularity: tensor, symmetric: true}";
  const Matrix x = random_matrix(64, 64, 1);
  Matrix made(64, 64), twin(64, 64);
  ASSERT_EQ(
      make_model_trial(entry, spec_of("llama")).weight(0, Role::q_proj).apply(x, {}, made).clipped,
      0);
  with_twin(entry, "rounding_part").weight(0, Role::q_proj).apply(x, {}, twin);
  EXPECT_TRUE(std::equal(made.data(), made.data() + made.size(), twin.data()));
}

}  // namespace
}  // namespace nf
