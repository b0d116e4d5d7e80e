#include "core/base/suggest.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

const std::vector<std::string> kNoises = {"gaussian", "uniform", "laplace", "clip"};

TEST(NearestName, FindsTypingMistakes) {
  EXPECT_EQ(nearest_name("gausian", kNoises), "gaussian");    // a letter missing
  EXPECT_EQ(nearest_name("gaussiann", kNoises), "gaussian");  // one too many
  EXPECT_EQ(nearest_name("unifrom", kNoises), "uniform");     // two swapped
  EXPECT_EQ(nearest_name("clop", kNoises), "clip");
  EXPECT_EQ(nearest_name("clip", kNoises), "clip");
}

TEST(NearestName, LeavesOtherWordsAlone) {
  EXPECT_EQ(nearest_name("poisson", kNoises), "");
  EXPECT_EQ(nearest_name("bit", kNoises), "");
  EXPECT_EQ(nearest_name("anything", {}), "");
}

TEST(NearestName, AllowsAThirdOfTheLettersAndOne) {
  EXPECT_EQ(nearest_name("abcdef", {"abcdxy"}), "abcdxy");  // 2 of 6
  EXPECT_EQ(nearest_name("abcdef", {"abcxyz"}), "");        // 3 of 6
  EXPECT_EQ(nearest_name("ab", {"ax"}), "ax");
  EXPECT_EQ(nearest_name("ab", {"xy"}), "");
}

TEST(NearestName, SwappedNeighboursAreOneEdit) {
  EXPECT_EQ(nearest_name("ab", {"ba"}), "ba");
  EXPECT_EQ(nearest_name("k_prjo", {"k_abjo", "k_proj"}), "k_proj");  // 1 edit against 2
}

TEST(NearestName, TakesTheFirstOfEquals) { EXPECT_EQ(nearest_name("fc3", {"fc1", "fc2"}), "fc1"); }

TEST(NearestName, IsNeverTheOpposite) {
  EXPECT_EQ(nearest_name("nonuniform", kNoises), "");
  EXPECT_EQ(nearest_name("non-uniform", kNoises), "");
  EXPECT_EQ(nearest_name("asymmetric", {"symmetric"}), "");
  EXPECT_EQ(nearest_name("asymetric", {"asymmetric", "symmetric"}), "asymmetric");
}

TEST(NearestName, DoesNotMindCase) { EXPECT_EQ(nearest_name("GAUSSIAN", kNoises), "gaussian"); }

TEST(DidYouMean, NamesAllThatAreEquallyNear) {
  EXPECT_EQ(did_you_mean("kv_cache", {"weight", "k_cache", "v_cache"}),
            "; did you mean 'k_cache' or 'v_cache'?");
  EXPECT_EQ(did_you_mean("x_proj", {"q_proj", "k_proj", "v_proj", "o_proj"}),
            "; did you mean 'q_proj', 'k_proj', 'v_proj' or 'o_proj'?");
}

TEST(DidYouMean, KnowsNamesByTheirWords) {
  EXPECT_EQ(did_you_mean("snr", {"relative_l2", "snr_db"}), "; did you mean 'snr_db'?");
  EXPECT_EQ(did_you_mean("per_channel", {"tensor", "channel"}), "; did you mean 'channel'?");
  EXPECT_EQ(did_you_mean("per-tensor", {"tensor", "channel"}), "; did you mean 'tensor'?");
  EXPECT_EQ(did_you_mean("poisson", kNoises), "");
  EXPECT_EQ(did_you_mean("proj", {"q_proj", "k_proj", "v_proj", "o_proj", "up_proj"}), "");
}

TEST(Suggestion, TakesNoSharedWordForANameOfAFile) {
  EXPECT_EQ(suggestion("quick_gelu", {"relu", "gelu"}), "; known: relu, gelu");
}

TEST(Suggestion, IsTheEndOfAMessage) {
  EXPECT_EQ(suggestion("gausian", kNoises), "; did you mean 'gaussian'?");
  EXPECT_EQ(suggestion("poisson", kNoises), "; known: gaussian, uniform, laplace, clip");
  EXPECT_EQ(suggestion("poisson", {}), "");
}

}  // namespace
}  // namespace nf
