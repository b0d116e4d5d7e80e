#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

std::string list(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"list"};
  words.insert(words.end(), more.begin(), more.end());
  const ProgramResult result = run_program(words);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  return result.out;
}

void expect_all(const std::string& text, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    EXPECT_NE(text.find(word), std::string::npos) << word << " in\n" << text;
}

TEST(IntegrationList, NamesNoisesWithTheirKeys) {
  expect_all(list({"noises"}), {"gaussian", "uniform", "laplace", "rademacher", "permuted",
                                "resigned", "clip", "strength", "relation", "quantile"});
}

TEST(IntegrationList, NamesQuantizersWithTheirKeys) {
  expect_all(list({"quantizers"}),
             {"rtn", "grid", "bits", "granularity", "symmetric", "default true"});
}

TEST(IntegrationList, NamesMetrics) {
  expect_all(list({"metrics"}),
             {"nll", "ppl", "kl", "kl_reverse", "top1_agreement", "higher is better"});
}

TEST(IntegrationList, NamesPredictorsWithTheirFormulas) {
  expect_all(list({"predictors"}), {"relative_l2", "output_error", "hessian", "tr δHδᵀ",
                                    "arXiv 2603.04359", "[dB]", "fitted on trials of noise"});
}

TEST(IntegrationList, NamesArchitectures) {
  expect_all(list({"architectures"}), {"OPTForCausalLM", "LlamaForCausalLM"});
}

TEST(IntegrationList, NamesTheSitesOfAModelWithTheirShapes) {
  const ExperimentFiles files;
  const std::string sites = list({"sites", "--model", (files / "llama").string()});
  expect_all(sites, {"layers.0.q_proj.weight", "layers.1.down_proj.input", "[16, 32]", "[32, 56]",
                     "[T, 56]"});
  const auto shape = [&sites](const std::string& site) {
    const std::size_t line = sites.find("\n" + site + " ") + 1;
    return sites.substr(sites.find('[', line), sites.find('\n', line) - sites.find('[', line));
  };
  EXPECT_EQ(shape("layers.0.resid"), "[T, 32]");
  EXPECT_EQ(shape("layers.1.k_cache"), "[T, 16]");
  EXPECT_EQ(shape("layers.1.v_cache"), "[T, 16]");
  EXPECT_EQ(sites.find("layers.2."), std::string::npos);
}

TEST(IntegrationList, ShowsEmbeddingsNarrowerThanTheHiddenState) {
  const TempDir dir;
  tiny_opt_350m().write(dir / "narrow");  // word_embed_proj_dim 20, hidden_size 32
  std::istringstream lines(list({"sites", "--model", (dir / "narrow").string()}));
  std::map<std::string, std::string> shapes;
  for (std::string site, shape; lines >> site && std::getline(lines >> std::ws, shape);)
    shapes[site] = shape;
  EXPECT_EQ(shapes["embed_tokens.weight"], "[300, 20]");
  EXPECT_EQ(shapes["lm_head.weight"], "[300, 20]");
  EXPECT_EQ(shapes["lm_head.input"], "[T, 20]");
  EXPECT_EQ(shapes["layers.0.q_proj.input"], "[T, 32]");
}

TEST(IntegrationList, NeedsAModelForSites) {
  const ProgramResult result = run_program({"list", "sites"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, "error: list sites: --model DIR is missing\n");
}

}  // namespace
}  // namespace nf
