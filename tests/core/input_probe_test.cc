/// The inputs of a block's linears as an InputProbe sees them.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/decoder_forward.h"
#include "tests/support/one_block.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_families.h"

namespace nf {
namespace {

/// A role's input as it was seen.
struct Seen {
  Role role;
  Matrix x;
};

class KeepingProbe final : public InputProbe {
 public:
  /// unwanted: none where it wants all.
  explicit KeepingProbe(std::optional<Role> unwanted = {}) : unwanted_(unwanted) {}

  bool wants(Role role) const override {
    asked.push_back(role);
    return role != unwanted_;
  }
  void see(Role role, ConstMatrixView x) override { seen.push_back({role, copy_of(x)}); }

  mutable std::vector<Role> asked;
  std::vector<Seen> seen;

 private:
  std::optional<Role> unwanted_;
};

/// x̃ = factor·x of every role, by its variant. Keeps what it was given and what it gave.
class KeepingFilter final : public InputFilter {
 public:
  KeepingFilter(std::map<Role, int> variants, float factor)
      : variants_(std::move(variants)), factor_(factor) {}

  int variant(Role role) const override { return variants_.at(role); }
  void apply(Role role, ConstMatrixView x, MatrixView distorted) override {
    given.push_back({role, copy_of(x)});
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c)
        distorted(r, c) = factor_ * static_cast<float>(variant(role)) * x(r, c);
    made.push_back({role, copy_of(distorted)});
  }
  bool distorts(SiteTensor) const override { return false; }
  void apply_state(SiteTensor, ConstMatrixView, MatrixView) override {}

  std::vector<Seen> given, made;

 private:
  std::map<Role, int> variants_;
  float factor_;
};

std::map<Role, int> one_variant(const DecoderSpec& spec) {
  std::map<Role, int> variants;
  for (const Role role : spec.roles()) variants[role] = 1;
  return variants;
}

void expect_same(const std::vector<Seen>& got, const std::vector<Seen>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].role, expected[i].role) << i;
    EXPECT_TRUE(equal_bits(got[i].x, expected[i].x)) << role_name(got[i].role);
  }
}

class Probe : public testing::TestWithParam<std::string> {
 protected:
  Matrix run(InputFilter* filter, InputProbe* probe, Index tokens = OneBlock::kTokens) const {
    return block_.run(filter, {}, tokens, 0, probe);
  }

  OneBlock block_{tiny_families().at(GetParam())()};
};

TEST_P(Probe, SeesExactlyWhatAFilterIsGiven) {
  for (const Index tokens : {1, 37, 150}) {
    KeepingFilter copy(one_variant(block_.spec()), 1.0f);
    run(&copy, nullptr, tokens);
    KeepingProbe probe;
    run(nullptr, &probe, tokens);
    expect_same(probe.seen, copy.given);
  }
}

TEST_P(Probe, SeesATensorOnceByItsFirstReader) {
  KeepingProbe probe;
  run(nullptr, &probe);
  std::vector<Role> owners, seen;
  for (const Role role : block_.spec().roles())
    if (block_.spec().input_owner(role) == role) owners.push_back(role);
  for (const Seen& one : probe.seen) seen.push_back(one.role);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, owners);
  EXPECT_EQ(probe.asked.size(), owners.size());
}

TEST_P(Probe, ChangesNoBit) {
  for (const Index tokens : {1, 37, 150}) {
    const Matrix plain = run(nullptr, nullptr, tokens);
    KeepingFilter alone(one_variant(block_.spec()), 0.5f);
    const Matrix filtered = run(&alone, nullptr, tokens);
    for (const Index threads : {1, 3}) {
      const Threads guard(threads);
      KeepingProbe probe;
      EXPECT_TRUE(equal_bits(run(nullptr, &probe, tokens), plain)) << tokens;
      KeepingFilter filter(one_variant(block_.spec()), 0.5f);
      EXPECT_TRUE(equal_bits(run(&filter, &probe, tokens), filtered)) << tokens;
    }
  }
}

TEST_P(Probe, SeesWhatAFilterMakes) {
  KeepingFilter filter(one_variant(block_.spec()), 0.5f);
  KeepingProbe probe;
  run(&filter, &probe);
  expect_same(probe.seen, filter.made);
}

TEST_P(Probe, IsNotShownWhatItDoesNotWant) {
  KeepingProbe all, some(Role::down_proj);
  run(nullptr, &all);
  run(nullptr, &some);
  EXPECT_EQ(some.asked, all.asked);
  EXPECT_EQ(some.seen.size() + 1, all.seen.size());
  for (const Seen& one : some.seen) EXPECT_NE(one.role, Role::down_proj);
}

INSTANTIATE_TEST_SUITE_P(Families, Probe, testing::ValuesIn(tiny_family_names()),
                         [](const auto& family) { return family.param; });

TEST(InputProbe, SeesEachFormOfATensorOnce) {
  const OneBlock block(tiny_llama());
  std::map<Role, int> variants = one_variant(block.spec());
  variants[Role::k_proj] = 2;  // q's x̃ is made again for v
  variants[Role::up_proj] = 0;
  KeepingFilter filter(variants, 0.5f);
  KeepingProbe probe;
  block.run(&filter, {}, OneBlock::kTokens, 0, &probe);
  std::vector<Role> seen;
  for (const Seen& one : probe.seen) seen.push_back(one.role);
  EXPECT_EQ(seen, (std::vector<Role>{Role::q_proj, Role::k_proj, Role::o_proj, Role::gate_proj,
                                     Role::up_proj, Role::down_proj}));
  EXPECT_TRUE(equal_bits(probe.seen[0].x, filter.made[0].x));
  EXPECT_TRUE(equal_bits(probe.seen[1].x, filter.made[1].x));
  // up_proj reads the tensor as it is, gate_proj half of it.
  Matrix half = copy_of(probe.seen[4].x);
  scale(half, 0.5f);
  EXPECT_TRUE(equal_bits(probe.seen[3].x, half));
}

}  // namespace
}  // namespace nf
