#include "quant/quantizer_registry.h"

#include <gtest/gtest.h>

#include "tests/quant/quantizer_test_data.h"

namespace nf {
namespace {

struct Mistake {
  const char* yaml = "";
  const char* message = "";
  SiteTensor tensor = SiteTensor::weight;
};

std::string message_of(const Mistake& mistake) {
  ConfigErrors errors;
  const ConfigNode node = parse_yaml(mistake.yaml, "q.yaml", errors);
  EXPECT_EQ(builtin_quantizers().create(node, mistake.tensor, errors), nullptr) << mistake.yaml;
  return errors.message();
}

TEST(QuantizerRegistry, NamesMistakesWithTheirPlace) {
  const Mistake mistakes[] = {
      {"{bits: 4, granularity: channel}", "q.yaml:1:1: required key 'grid' is missing"},
      {"{grid: uniform, granularity: channel}", "q.yaml:1:1: required key 'bits' is missing"},
      {"{grid: uniform, bits: 4}", "q.yaml:1:1: required key 'granularity' is missing"},
      {"{grid: unifrom, bits: 4, granularity: channel}",
       "q.yaml:1:8: grid: unknown grid 'unifrom'; did you mean 'uniform'?"},
      {"{grid: nonuniform, bits: 4, granularity: channel}",
       "q.yaml:1:8: grid: unknown grid 'nonuniform'; known: kmeans (2^bits levels in each unit, "
       "those with the least squared error (weights)), nf4 (the 16 levels of NormalFloat, times "
       "max|x|), power (levels at equal distances on the cube root: denser at small values; "
       "cube-root for short), uniform (levels at equal distances), {codebook: [number, ...]} "
       "(these levels, times max|x|; bits may be left out), {power: number} (levels at equal "
       "distances on |x|^p)"},
      {"{grid: uniform, bits: 4, group_size: 64}",
       "q.yaml:1:26: unknown key 'group_size'; write granularity: {group: 64}"},
      {"{grid: uniform, bits: 4, granularity: channel, asymmetric: true}",
       "q.yaml:1:48: unknown key 'asymmetric'; write symmetric: false"},
      {"{grid: [power], bits: 4, granularity: channel}",
       "q.yaml:1:8: grid: cannot read a list as kmeans | nf4 | power | uniform | {codebook: "
       "[number, ...]} | {power: number}"},
      {"{grid: {power: 9}, bits: 4, granularity: channel}",
       "q.yaml:1:16: grid.power: must be between 0.05 and 4, is 9"},
      {"{grid: {power: cube}, bits: 4, granularity: channel}",
       "q.yaml:1:16: grid.power: cannot read 'cube' as a number"},
      {"{grid: uniform, bits: 9, granularity: channel}",
       "q.yaml:1:23: bits: must be between 2 and 8, is 9"},
      {"{grid: uniform, bits: 1, granularity: channel}",
       "q.yaml:1:23: bits: must be between 2 and 8, is 1"},
      {"{grid: uniform, bits: 4.5, granularity: channel}",
       "q.yaml:1:23: bits: cannot read '4.5' as an integer; only whole numbers of up to 64 bits "
       "fit here"},
      {"{grid: power, bits: 4, granularity: channel, symmetric: false}",
       "q.yaml:1:57: symmetric: grid power is symmetric only; leave symmetric out, or use grid "
       "uniform"},
      {"{grid: uniform, bits: 4, granularity: token}",
       "q.yaml:1:39: granularity: a weight has no tokens; take channel (a unit for each output "
       "row), "
       "tensor, {group: g} or {group: g, axis: in}"},
      {"{grid: uniform, bits: 4, granularity: channel}",
       "q.yaml:1:39: granularity: channel is for weights: on activations it would be a scale for "
       "each "
       "feature over all positions, the later ones too; take token (a scale for each position), "
       "{group: g} or tensor",
       SiteTensor::input},
      {"{grid: uniform, bits: 4, granularity: {group: 4, axis: in}}",
       "q.yaml:1:39: granularity: {group: g, axis: in} is for weights; on activations take "
       "token (a unit for each position), {group: g} or tensor",
       SiteTensor::input},
      {"{grid: uniform, bits: 4, granularity: {group: 0}}",
       "q.yaml:1:47: granularity.group: must be at least 1, is 0"},
      {"{grid: uniform, bits: 4, granularity: channel, method: rtnn}",
       "q.yaml:1:56: method: unknown method 'rtnn'; did you mean 'rtn'?"},
      {"{grid: uniform, bits: 4, granularity: channel, symetric: false}",
       "q.yaml:1:48: unknown key 'symetric'; did you mean 'symmetric'?"},
      {"{grid: uniform, bits: 4, granularity: channel, sites: {tensor: weight}}",
       "q.yaml:1:48: unknown key 'sites'; known: grid, bits, granularity, symmetric, levels, "
       "range, zero_in_range, channel_scale, static, except_outliers, weighted, method"},
      {"uniform",
       "q.yaml:1:1: cannot read 'uniform' as a mapping; write {grid: uniform, bits: 4, "
       "granularity: channel}"},
  };
  for (const Mistake& mistake : mistakes) EXPECT_EQ(message_of(mistake), mistake.message);
}

TEST(QuantizerRegistry, ReportsSeveralMistakesTogether) {
  EXPECT_EQ(message_of({"{grid: unifrom, bits: 9, granularty: channel}", ""}),
            "q.yaml:1:8: grid: unknown grid 'unifrom'; did you mean 'uniform'?\n"
            "q.yaml:1:23: bits: must be between 2 and 8, is 9\n"
            "q.yaml:1:26: unknown key 'granularty'; did you mean 'granularity'?");
}

TEST(QuantizerRegistry, ChecksTheGranularityBesideOtherMistakes) {
  EXPECT_EQ(message_of({"{grid: uniform, bits: 9, granularity: token}", ""}),
            "q.yaml:1:23: bits: must be between 2 and 8, is 9\n"
            "q.yaml:1:39: granularity: a weight has no tokens; take channel (a unit for each "
            "output row), tensor, {group: g} or {group: g, axis: in}");
}

TEST(QuantizerRegistry, AMistakeAlreadyReportedIsStillOne) {
  // Every point of a sweep reads its entry again into the same collector, which shows equal lines
  // once.
  for (const char* yaml : {"{grid: uniform, bits: 9, granularity: channel}",
                           "{grid: uniform, bits: 4, granularity: {group: 0}}",
                           "{grid: power, bits: 4, granularity: channel, symmetric: false}",
                           "{grid: uniform, bits: 4, granularity: channel, method: rnt}"}) {
    ConfigErrors errors;
    const ConfigNode node = parse_yaml(yaml, "q.yaml", errors);
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ(builtin_quantizers().create(node, SiteTensor::weight, errors), nullptr) << yaml;
    EXPECT_EQ(errors.message().find('\n'), std::string::npos) << errors.message();
  }
}

TEST(QuantizerRegistry, WhatConfigWritesCanBeReadAgain) {
  for (const char* yaml : {"{grid: power, bits: 3, granularity: {group: 7, axis: in}}",
                           "{grid: {power: 0.75}, bits: 8, granularity: tensor}",
                           "{grid: uniform, bits: 2, granularity: channel, symmetric: false}"}) {
    const Json config = make_quantizer(yaml)->config();
    EXPECT_EQ(make_quantizer(config.dump())->config(), config);  // JSON is YAML
  }
}

TEST(QuantizerRegistry, OneThirdWrittenOutIsTheCubeRoot) {
  EXPECT_EQ(make_quantizer("{grid: {power: 0.3333333333333333}, bits: 4, granularity: tensor}")
                ->config()
                .at("grid"),
            "power");
}

TEST(QuantizerRegistry, CubeRootIsAWordForPower) {
  EXPECT_EQ(make_quantizer("{grid: cube-root, bits: 4, granularity: tensor}")->config(),
            make_quantizer("{grid: power, bits: 4, granularity: tensor}")->config());
}

TEST(QuantizerRegistry, DocumentsItsKeysAndMethods) {
  const QuantizerRegistry registry = builtin_quantizers();
  EXPECT_NE(registry.find("rtn"), nullptr);
  EXPECT_EQ(registry.find("nothing"), nullptr);
  const std::vector<FieldDoc> docs = registry.common_fields();
  EXPECT_EQ(docs[1].name, "bits");
  EXPECT_TRUE(docs[1].required);
  EXPECT_EQ(docs[1].range, "between 2 and 8");
  EXPECT_EQ(docs.back().name, "method");
  EXPECT_EQ(docs.back().choices.size(), registry.methods().size());
  EXPECT_EQ(docs.back().schema["enum"].size(), registry.methods().size());
}

TEST(QuantizerRegistry, RefusesANameTwice) {
  QuantizerRegistry registry = builtin_quantizers();
  EXPECT_THROW(register_builtin_quantizers(registry), InternalError);
}

TEST(QuantizerRegistry, AMethodReadsKeysOfItsOwn) {
  QuantizerRegistry registry = builtin_quantizers();
  FieldDoc damping;
  damping.name = "damping";
  registry.add({.name = "damped",
                .summary = "test",
                .fields = {damping},
                .create = [](const QuantizerConfig&, const ConfigNode& node, SiteTensor,
                             ConfigErrors& errors) -> DistortionPtr {
                  errors.add(*node.find("damping"), "seen");
                  return nullptr;
                }});
  ConfigErrors errors;
  const ConfigNode node =
      parse_yaml("{grid: uniform, bits: 4, granularity: channel, method: damped, damping: 1}",
                 "q.yaml", errors);
  EXPECT_EQ(registry.create(node, SiteTensor::weight, errors), nullptr);
  EXPECT_EQ(errors.message(), "q.yaml:1:73: damping: seen");
}

}  // namespace
}  // namespace nf
