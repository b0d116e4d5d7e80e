#include "eval/run/chain_rows.h"

#include <gtest/gtest.h>

#include "perturb/relation.h"
#include "quant/grid_spec.h"
#include "tests/support/family_support.h"
#include "tests/support/held_rows.h"
#include "tests/support/kind_forms.h"
#include "tests/support/noise_support.h"
#include "tests/support/threads.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

/// More than one part is looked at, and no block of rows divides it.
constexpr Index kRows = 2100, kCols = 11;
constexpr std::uint64_t kSeed = 5;

/// Scopes of a noise and granularities of a quantizer; groups of rows within a part, larger than
/// one and larger than the matrix.
const std::vector<std::string> kUnits = {"tensor",
                                         "channel",
                                         "{group: 4}",
                                         "{group: 9, axis: in}",
                                         "{group: 1500, axis: in}",
                                         "{group: 9999, axis: in}"};

std::string quantizer(const std::string& granularity, const std::string& grid = "uniform") {
  return fmt::format("grid: {}, bits: 4, granularity: {}", grid, granularity);
}

/// The same of any grid: levels that are given have their own bits, and k-means weighs none where
/// there is no calibration set.
std::string quantizer_of(const std::string& granularity, const Json& form) {
  const GridSpec grid = read_value<GridSpec>(form);
  if (grid.own_bits) return fmt::format("grid: {}, granularity: {}", form.dump(), granularity);
  return quantizer(granularity, form.dump()) + (grid.has_own_levels() ? ", weighted: false" : "");
}

std::string scoped(const std::string& scope, const std::string& noise) {
  return fmt::format("noise: {}, scope: {}", noise, scope);
}

/// Every registered kind, relation and grid with every unit, and whatever refers to a quantizer
/// with quantizers of every granularity.
std::vector<std::string> all_entries() {
  std::vector<std::string> entries;
  for (const std::string& unit : kUnits) {
    for (const Distribution* distribution : builtin_distributions()) {
      std::string noise = distribution->name;
      for (const ShapeParameter& shape : distribution->parameters)
        noise += fmt::format(", {}: {}", shape.name, shape.example);
      entries.push_back(scoped(unit, noise + ", strength: {relative_l2: 0.1}"));
    }
    for (const Json& form : example_forms(relations()))
      if (!read_value<Relation>(form).needs_step)
        entries.push_back(
            scoped(unit, "gaussian, relation: " + form.dump() + ", strength: {snr_db: 20}"));
    entries.push_back(scoped(unit, "gaussian, relation: {power: -0.5}, strength: {sigma_abs: 1}"));
    entries.push_back(scoped(unit, "clip, quantile: 0.97"));
    entries.push_back(scoped(unit, "clip, fraction_of_max: 0.6"));
    for (const Json& form : example_forms(grids())) entries.push_back(quantizer_of(unit, form));
    entries.push_back(quantizer(unit) + ", symmetric: false");
    for (const std::string& granularity : kUnits) {
      const std::string match = ", strength: {match: {" + quantizer(granularity) + "}}";
      const std::string reference = ", reference: {" + quantizer(granularity) + "}";
      entries.push_back(scoped(unit, "uniform" + match));
      entries.push_back(scoped(unit, "uniform, relation: step" + match));
      for (const std::string kind : {"permuted", "resigned"}) {
        entries.push_back(scoped(unit, kind + reference));
        entries.push_back(scoped(unit, kind + reference + ", strength: {relative_l2: 0.05}"));
        entries.push_back(scoped(unit, kind + reference + match));
      }
    }
  }
  return entries;
}

const DecoderSpec& spec() {
  static const DecoderSpec spec = spec_of(tiny_llama().config);
  return spec;
}

ModelTrial head_trial(const std::vector<std::string>& entries) {
  std::string list;
  for (const std::string& entry : entries)
    list +=
        (list.empty() ? "" : ", ") + ("{sites: {tensor: weight, roles: lm_head}, " + entry + "}");
  return make_model_trial(list, spec(), kSeed);
}

/// Makes all rows, `parts` times those that belong together at a time, and compares.
void expect_whole(const std::vector<std::string>& entries, const Matrix& x, Index parts) {
  const ModelTrial trial = head_trial(entries);
  const SiteChain& chain = trial.lm_head();
  Matrix whole(x.rows(), x.cols());
  const Index clipped = chain.apply(x, {.context = {.seed = kSeed}}, whole).clipped;
  const HeldRows source(x);
  const ChainRows rows(chain, kSeed, source);
  Matrix read(x.rows(), x.cols()), made(x.rows(), x.cols());
  const Index step = parts * rows.rows_together();
  Index counted = 0;
  for (Index first = 0; first < x.rows(); first += step) {
    const Index count = std::min(step, x.rows() - first);
    counted += rows.make(first, read.view().middle_rows(first, count),
                         made.view().middle_rows(first, count))
                   .clipped;
  }
  EXPECT_TRUE(same_bits(read, x));
  EXPECT_TRUE(same_bits(made, whole)) << fmt::format("{}", fmt::join(entries, "; "));
  EXPECT_EQ(counted, clipped) << fmt::format("{}", fmt::join(entries, "; "));
}

TEST(ChainRows, HaveTheBitsOfTheWholeForEveryKindAndUnit) {
  const Threads threads(2);
  const Matrix x = normal_matrix(kRows, kCols, 3);
  for (const std::string& entry : all_entries()) expect_whole({entry}, x, 3);
}

TEST(ChainRows, HaveTheBitsOfTheWholeWhereStepsFollowEachOther) {
  const Matrix x = normal_matrix(kRows, kCols, 4);
  const std::vector<std::string> entries = all_entries();
  for (const Index threads : {1, 3}) {
    const Threads set(threads);
    // Every entry once as the first and once as the last of three, in company that is not its own.
    for (std::size_t i = 0; i < entries.size(); i += 7)
      expect_whole(
          {entries[i], entries[(i + 31) % entries.size()], entries[(i + 101) % entries.size()]}, x,
          40);
  }
}

TEST(ChainRows, TakeEveryShape) {
  for (const Index rows : {1, 2, 63, 64, 65, 1024, 1025}) {
    const Matrix x = normal_matrix(rows, 3, 5);
    for (const std::string entry :
         {"noise: gaussian, strength: {relative_l2: 0.1}",
          "noise: resigned, reference: {grid: uniform, bits: 4, granularity: tensor}, strength: "
          "{relative_l2: 0.1}",
          "grid: uniform, bits: 4, granularity: {group: 10, axis: in}"})
      for (const Index parts : {1, 7, 2000}) expect_whole({entry}, x, parts);
  }
}

TEST(ChainRows, SayWhatMustStayTogether) {
  const auto together = [](const std::vector<std::string>& entries) {
    return head_trial(entries).lm_head().rows_together(kRows);
  };
  EXPECT_EQ(together({"noise: gaussian, strength: {relative_l2: 0.1}"}), 1);
  EXPECT_EQ(together({quantizer("{group: 9, axis: in}"), quantizer("{group: 6, axis: in}")}), 18);
  EXPECT_EQ(together({"noise: permuted, scope: channel, reference: {" +
                      quantizer("{group: 4, axis: in}") + "}"}),
            4);
  EXPECT_EQ(together({"noise: permuted, reference: {" + quantizer("channel") + "}"}), kRows);
  EXPECT_EQ(together({"noise: resigned, reference: {" + quantizer("channel") + "}"}), 1);
}

TEST(ChainRows, RefuseAPartThatTearsAUnit) {
  const ModelTrial trial = head_trial({quantizer("{group: 9, axis: in}")});
  const Matrix x = normal_matrix(kRows, kCols);
  const HeldRows source(x);
  const ChainRows rows(trial.lm_head(), kSeed, source);
  Matrix read(10, kCols), made(10, kCols);
  EXPECT_THROW(rows.make(0, read, made), InternalError);
  EXPECT_THROW(rows.make(5, read.view().middle_rows(0, 9), made.view().middle_rows(0, 9)),
               InternalError);
}

}  // namespace
}  // namespace nf
