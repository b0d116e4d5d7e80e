#include "perturb/site_selector.h"

#include <gtest/gtest.h>

#include "tests/support/config_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

/// Models of 12 layers, opened once: OPT has no gate_proj.
struct Specs {
  Specs() {
    tiny_opt({.layers = 12, .hidden_size = 8, .heads = 2}).write(dir / "opt");
    tiny_llama({.layers = 12, .hidden_size = 8, .heads = 2, .key_value_heads = 1})
        .write(dir / "llama");
    opt = open_decoder(dir / "opt").spec();
    llama = open_decoder(dir / "llama").spec();
  }
  TempDir dir;
  DecoderSpec opt, llama;
};

const Specs& specs() {
  static const Specs all;
  return all;
}

SiteSelector read(const std::string& yaml) {
  ConfigErrors errors;
  SiteSelector selector = SiteSelector::fields().read(parse_good(yaml), errors);
  errors.throw_if_any();
  return selector;
}

/// "0.q_proj 1.q_proj": layers and roles.
std::string selected(const std::string& yaml, const DecoderSpec& spec) {
  std::string names;
  for (const Site& site : read(yaml).select(spec))
    names += fmt::format("{}{}.{}", names.empty() ? "" : " ", site.layer, role_name(site.role));
  return names;
}

std::string message_of(const std::string& yaml) {
  return config_message(yaml, [](const ConfigNode& node, ConfigErrors& errors) {
    const SiteSelector selector = SiteSelector::fields().read(node, errors);
    if (errors.empty())
      selector.check_against({{"opt", &specs().opt}, {"llama", &specs().llama}}, node, errors);
  });
}

TEST(SiteSelector, MeansAllLinearsOfAllBlocksByDefault) {
  EXPECT_EQ(read("{tensor: weight}").select(specs().opt).size(), 12u * 6);
  EXPECT_EQ(read("{tensor: input}").select(specs().llama).size(), 12u * 7);
  EXPECT_EQ(read("{tensor: input}").select(specs().llama)[6].name(), "layers.0.down_proj.input");
}

TEST(SiteSelector, CountsBothEndsOfARangeOfLayers) {
  EXPECT_EQ(selected("{tensor: weight, roles: q_proj, layers: 0-2}", specs().opt),
            "0.q_proj 1.q_proj 2.q_proj");
  EXPECT_EQ(selected("{tensor: weight, roles: q_proj, layers: 7}", specs().opt), "7.q_proj");
  EXPECT_EQ(selected("{tensor: weight, roles: q_proj, layers: [0-1, 7]}", specs().opt),
            "0.q_proj 1.q_proj 7.q_proj");
}

TEST(SiteSelector, TakesAListInQuotes) {
  EXPECT_EQ(selected("{tensor: weight, roles: q_proj, layers: \"0-1,7, last\"}", specs().opt),
            "0.q_proj 1.q_proj 7.q_proj 11.q_proj");
}

TEST(SiteSelector, KnowsTheFirstAndTheLastLayer) {
  EXPECT_EQ(selected("{tensor: weight, roles: o_proj, layers: [last, first]}", specs().opt),
            "0.o_proj 11.o_proj");
}

TEST(SiteSelector, TakesEachSiteOnceInTheOrderOfTheForwardPass) {
  EXPECT_EQ(selected("{tensor: weight, roles: [v_proj, q_proj, '[qv]_proj'], layers: [3, 2-3]}",
                     specs().opt),
            "2.q_proj 2.v_proj 3.q_proj 3.v_proj");
}

TEST(SiteSelector, KnowsTheFamilysOwnNamesAndGlobs) {
  EXPECT_EQ(selected("{tensor: weight, roles: [fc1, fc2], layers: 0}", specs().opt),
            "0.up_proj 0.down_proj");
  EXPECT_EQ(selected("{tensor: weight, roles: out_proj, layers: 0}", specs().opt), "0.o_proj");
  EXPECT_EQ(selected("{tensor: weight, roles: '[qk]_proj', layers: 0}", specs().llama),
            "0.q_proj 0.k_proj");
  EXPECT_EQ(selected("{tensor: weight, roles: '*_proj', layers: 0}", specs().opt),
            "0.q_proj 0.k_proj 0.v_proj 0.o_proj 0.up_proj 0.down_proj");
}

TEST(SiteSelector, MayNameARoleThatOnlySomeModelsHave) {
  EXPECT_EQ(message_of("{tensor: weight, roles: [gate_proj, up_proj]}"), "no error");
  EXPECT_EQ(message_of("{tensor: weight, roles: fc1}"),
            "f.yaml:1:1: selects nothing in llama, which has no fc1; its roles: q_proj, k_proj, "
            "v_proj, o_proj, gate_proj, up_proj, down_proj, embed_tokens, lm_head");
}

TEST(SiteSelector, SelectsStatesByLayerAlone) {
  const auto names = [](const std::string& yaml, const DecoderSpec& spec) {
    std::string all;
    for (const Site& site : read(yaml).select(spec)) all += site.name() + " ";
    return all;
  };
  EXPECT_EQ(names("{tensor: resid, layers: 0-3}", specs().opt),
            "layers.0.resid layers.1.resid layers.2.resid layers.3.resid ");
  EXPECT_EQ(names("{tensor: k_cache, layers: [first, last]}", specs().llama),
            "layers.0.k_cache layers.11.k_cache ");
  EXPECT_EQ(read("{tensor: v_cache}").select(specs().llama).size(), 12u);
  EXPECT_EQ(message_of("{tensor: v_cache, layers: last}"), "no error");
}

TEST(SiteSelector, WritesNoRolesWithAState) {
  EXPECT_EQ(read("{tensor: resid, layers: 0-3}").config(),
            (Json{{"tensor", "resid"}, {"layers", "0-3"}}));
  EXPECT_EQ(read("{tensor: input}").config(), (Json{{"tensor", "input"}, {"roles", "*"}}));
}

/// Roles that a family lacks; `specs` has an OPT, which has no gate, and a Llama.
TEST(SiteSelector, SkipsWhatAFamilyLacksInAList) {
  const auto lacking = [](const std::string& yaml, const DecoderSpec& spec) {
    std::string all;
    for (const std::string& role : read(yaml).lacking_roles(spec)) all += role + " ";
    return all;
  };
  const std::string list = "{tensor: weight, layers: 1, roles: [gate_proj, up_proj, \"g*\"]}";
  EXPECT_EQ(message_of(list), "no error");
  EXPECT_EQ(lacking(list, specs().opt), "gate_proj g* ");
  EXPECT_EQ(lacking(list, specs().llama), "");
  EXPECT_EQ(selected(list, specs().opt), "1.up_proj");
  EXPECT_EQ(lacking("{tensor: weight, roles: '[gu]*_proj'}", specs().opt), "");
  EXPECT_EQ(lacking("{tensor: weight, except: {roles: [gate_proj, q_proj]}}", specs().opt),
            "gate_proj ");
  ConfigErrors errors;
  const ConfigNode node = parse_good("{tensor: weight, roles: [gate_proj, up_proj]}");
  read("{tensor: weight, roles: [gate_proj, up_proj]}")
      .check_against({{"opt", &specs().opt}}, node, errors);
  EXPECT_TRUE(errors.empty());
}

TEST(SiteSelector, NamesEachMistake) {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"{tensor: wieght}", "f.yaml:1:10: tensor: unknown value 'wieght'; did you mean 'weight'?"},
      {"{tensor: kcache}", "f.yaml:1:10: tensor: unknown value 'kcache'; did you mean 'k_cache'?"},
      {"{tensor: k_cache, roles: k_proj}",
       "f.yaml:1:26: roles: k_cache is a block's, not a linear's, and has no roles; leave roles "
       "out "
       "(layers narrows it)"},
      {"{tensor: resid, layers: 12}",
       "f.yaml:1:25: layers: '12' matches no layer of opt, which has layers 0-11\n"
       "f.yaml:1:25: layers: '12' matches no layer of llama, which has layers 0-11"},
      {"{roles: q_proj}", "f.yaml:1:1: required key 'tensor' is missing"},
      {"{tensor: weight, roles: []}", "f.yaml:1:25: roles: needs at least one item"},
      {"{tensor: weight, roles: [q_proj, qproj]}",
       "f.yaml:1:25: roles: unknown role 'qproj'; did you mean 'q_proj'?"},
      {"{tensor: weight, roles: gate_proj}",
       "f.yaml:1:1: selects nothing in opt, which has no gate_proj; its roles: q_proj, k_proj, "
       "v_proj, o_proj (out_proj), up_proj (fc1), down_proj (fc2), embed_tokens, lm_head"},
      {"{tensor: weight, roles: lm_head, layers: 0}",
       "f.yaml:1:1: selects nothing in opt; embed_tokens and lm_head stand outside the layers: "
       "leave layers out"},
      {"{tensor: input, roles: embed_tokens}",
       "f.yaml:1:1: selects nothing in opt: embed_tokens looks up rows by token id and has no "
       "input, only a weight"},
      {"{tensor: weight, roles: all}",
       "f.yaml:1:25: roles: unknown role 'all'; leave roles out for all of a block"},
      {"{tensor: weight, layers: all}",
       "f.yaml:1:26: layers: cannot read 'all' as layers: 0-3, 7, first, last or a list of these; "
       "leave layers out for all"},
      {"{tensor: weight, layers: 0:4}",
       "f.yaml:1:26: layers: cannot read '0:4' as layers: 0-3, 7, first, last or a list of these; "
       "write 0-3, both ends included"},
      {"weight", "f.yaml:1:1: cannot read 'weight' as a mapping; write {tensor: weight}"},
      {"q_proj",
       "f.yaml:1:1: cannot read 'q_proj' as a mapping; write {tensor: weight, roles: q_proj}"},
      {"[q_proj, k_proj]",
       "f.yaml:1:1: cannot read a list as a mapping; write {tensor: weight, roles: [q_proj, "
       "k_proj]}"},
      {"{tensor: weight, layers: 12}",
       "f.yaml:1:26: layers: '12' matches no layer of opt, which has layers 0-11\n"
       "f.yaml:1:26: layers: '12' matches no layer of llama, which has layers 0-11"},
      {"{tensor: weight, layers: [0, 10-12]}",
       "f.yaml:1:26: layers: '10-12' goes beyond opt, which has layers 0-11\n"
       "f.yaml:1:26: layers: '10-12' goes beyond llama, which has layers 0-11"},
      {"{tensor: weight, layers: 3-1}",
       "f.yaml:1:26: layers: cannot read '3-1' as layers: 0-3, 7, first, last or a list of these"},
      {"{tensor: weight, layers: \"0-3,x\"}",
       "f.yaml:1:26: layers: cannot read \"0-3,x\" as layers: 0-3, 7, first, last or a list of "
       "these"},
      {"{tensor: weight, layers: 0-3,7}",
       "f.yaml:1:30: unknown key '7'; a list in flow style needs brackets: [0-3, 7], or quotes: "
       "\"0-3,7\""},
      {"{tensor: weight, layers: -1}",
       "f.yaml:1:26: layers: cannot read '-1' as layers: 0-3, 7, first, last or a list of these; "
       "write last"},
  };
  for (const auto& [yaml, message] : mistakes) EXPECT_EQ(message_of(yaml), message) << yaml;
}

TEST(SiteSelector, SaysWhichRolesOneModelHas) {
  const auto of_opt = [](const std::string& yaml) {
    return config_message(yaml, [](const ConfigNode& node, ConfigErrors& errors) {
      fields_of<SiteSelector>()
          .read(node, errors)
          .check_against({{"opt-125m", &specs().opt}}, node, errors);
    });
  };
  const std::string roles =
      "; its roles: q_proj, k_proj, v_proj, o_proj (out_proj), up_proj (fc1), down_proj (fc2), "
      "embed_tokens, lm_head";
  EXPECT_EQ(of_opt("{tensor: weight, roles: gate_proj}"),
            "f.yaml:1:25: roles: opt-125m: no gate_proj here, for the MLP has no gate" + roles);
  EXPECT_EQ(of_opt("{tensor: weight, roles: attn}"),
            "f.yaml:1:25: roles: opt-125m: no role 'attn' here" + roles);
}

TEST(SiteSelector, TakesOnlySomeOfThem) {
  EXPECT_EQ(selected("{tensor: weight, only: {layers: 2, roles: fc1}}", specs().opt), "2.up_proj");
  EXPECT_EQ(selected("{tensor: weight, roles: [q_proj, lm_head], only: [{layers: 2-3, roles: "
                     "[q_proj, k_proj]}, {layers: 7}]}",
                     specs().opt),
            "2.q_proj 3.q_proj 7.q_proj");
  EXPECT_EQ(
      selected("{tensor: weight, roles: [q_proj, lm_head], only: {roles: lm_head}}", specs().opt),
      "0.lm_head");
}

TEST(SiteSelector, TakesAllButSome) {
  EXPECT_EQ(selected("{tensor: weight, roles: '[qk]_proj', layers: 0-1, except: {layers: first, "
                     "roles: k_proj}}",
                     specs().opt),
            "0.q_proj 1.q_proj 1.k_proj");
  EXPECT_EQ(selected("{tensor: weight, roles: [embed_tokens, q_proj, lm_head], except: [{layers: "
                     "1-11}, {roles: lm_head}]}",
                     specs().opt),
            "0.embed_tokens 0.q_proj");
  EXPECT_EQ(selected("{tensor: weight, roles: q_proj, only: {layers: 3-5}, except: {layers: 4}}",
                     specs().opt),
            "3.q_proj 5.q_proj");
}

TEST(SiteSelector, NamesEachMistakeInItsParts) {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"{tensor: weight, except: {}}", "f.yaml:1:26: except: needs roles, layers or both"},
      {"{tensor: weight, except: {role: q_proj}}",
       "f.yaml:1:27: except: unknown key 'role'; did you mean 'roles'?"},
      {"{tensor: weight, except: [{roles: qproj}]}",
       "f.yaml:1:35: except[0].roles: unknown role 'qproj'; did you mean 'q_proj'?"},
      {"{tensor: weight, only: {layers: 12}}",
       "f.yaml:1:33: only.layers: '12' matches no layer of opt, which has layers 0-11\n"
       "f.yaml:1:33: only.layers: '12' matches no layer of llama, which has layers 0-11"},
      {"{tensor: weight, roles: q_proj, except: {roles: k_proj}}",
       "f.yaml:1:41: except: holds nothing that roles and layers beside it select"},
      {"{tensor: weight, roles: q_proj, except: {roles: q_proj}}",
       "f.yaml:1:1: selects nothing in opt"},
      {"{tensor: weight, except: {roles: gate_proj}}", "no error"},
      {"{tensor: resid, except: {layers: 3}}", "no error"},
      {"{tensor: resid, except: {roles: q_proj}}",
       "f.yaml:1:33: except.roles: resid is a block's, not a linear's, and has no roles; leave "
       "roles out (layers narrows it)"},
  };
  for (const auto& [yaml, message] : mistakes) EXPECT_EQ(message_of(yaml), message) << yaml;
}

TEST(SiteSelector, WritesWhatItReads) {
  for (const std::string yaml :
       {"{tensor: weight, roles: '*'}", "{tensor: input, roles: [q_proj, fc1], layers: 0-2}",
        "{tensor: weight, roles: o_proj, layers: [7, last]}",
        "{tensor: weight, roles: '*', only: [{roles: q_proj, layers: 0}, {layers: 3}], except: "
        "{roles: [up_proj, fc2]}}"})
    EXPECT_EQ(SiteSelector::fields().write(read(yaml)), to_json(parse_good(yaml))) << yaml;
}

}  // namespace
}  // namespace nf
