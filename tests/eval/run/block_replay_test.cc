#include "eval/run/block_replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "core/base/error.h"
#include "tests/reference/sublayer_reference.h"
#include "tests/support/random_matrix.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_families.h"

namespace nf {
namespace {

using Around = SublayerReplay::Around;
using Candidate = SublayerReplay::Candidate;

/// A sub-layer in f32 against one in double, and squares of differences.
constexpr double kTolerance = 2e-5;
const std::vector<Index> kWindows = {20, 7, 33, 24, 1};

/// A tiny model's block with windows of recorded inputs, cut into batches.
class Recorded {
 public:
  explicit Recorded(const TinyModel& model) : decoder(open(model)), weights(decoder.load_block(0)) {
    std::uint64_t salt = 1;
    for (const Index tokens : kWindows) {
      attention.push_back(random_matrix(tokens, decoder.spec().hidden_size, salt++));
      mlp.push_back(random_matrix(tokens, decoder.spec().hidden_size, salt++));
    }
    made = weights.packed;
  }

  /// per_batch: windows of a batch
  BlockReplay replay(std::size_t per_batch = 2, double kept_bytes = 1e9) {
    std::vector<BlockReplay::Batch> batches;
    for (std::size_t first = 0; first < kWindows.size(); first += per_batch) {
      const std::size_t end = std::min(first + per_batch, kWindows.size());
      BlockReplay::Batch& batch = batches.emplace_back();
      for (std::size_t w = first; w < end; ++w)
        batch.layout.segments.push_back({.first = batch.layout.rows(), .rows = kWindows[w]});
      batch.attention = stacked(attention, first, end);
      batch.mlp = stacked(mlp, first, end);
    }
    return {decoder, weights, made, std::move(batches), kept_bytes};
  }
  Matrix weight(Role role) const {
    Matrix weight(weights.packed[role].out(), weights.packed[role].in());
    decoder.read_weight(0, role, weight);
    return weight;
  }
  /// The weight with an error of that size.
  Matrix changed(Role role, std::uint64_t salt, float size = 0.02f) const {
    Matrix changed = weight(role);
    const Matrix noise = random_matrix(changed.rows(), changed.cols(), salt, size);
    for (Index i = 0; i < changed.size(); ++i) changed.data()[i] += noise.data()[i];
    return changed;
  }

  Decoder decoder;
  BlockWeights weights;
  PackedLinears made;
  std::vector<Matrix> attention, mlp;  ///< by window

 private:
  static Decoder open(const TinyModel& model) {
    const TempDir dir;  // mapped files outlive their names
    model.write(dir.path());
    Decoder decoder = open_decoder(dir.path());
    decoder.prepare(64);
    return decoder;
  }
  ConstMatrixView stacked(const std::vector<Matrix>& windows, std::size_t first, std::size_t end) {
    Index rows = 0;
    for (std::size_t w = first; w < end; ++w) rows += windows[w].rows();
    Matrix& all = *rows_.emplace_back(std::make_unique<Matrix>(rows, windows[0].cols()));
    Index row = 0;
    for (std::size_t w = first; w < end; ++w)
      for (Index r = 0; r < windows[w].rows(); ++r)
        std::copy_n(windows[w].view().row(r), all.cols(), all.view().row(row++));
    return all;
  }

  std::vector<std::unique_ptr<Matrix>> rows_;
};

/// Candidates of each role alone and of some together.
std::vector<std::vector<Role>> role_sets(const DecoderSpec& spec) {
  std::vector<std::vector<Role>> sets = {{Role::q_proj, Role::k_proj, Role::v_proj}};
  if (spec.gated) sets.push_back({Role::gate_proj, Role::up_proj});
  for (const Role role : spec.roles()) sets.push_back({role});
  return sets;
}

TEST(BlockReplay, ErrorsAreThoseOfTheReference) {
  for (const TinyModel& model : {tiny_llama(), tiny_opt()}) {
    Recorded recorded(model);
    ReferenceSublayers reference(recorded.decoder, 0, recorded.attention, recorded.mlp);
    for (const Role role : {Role::k_proj, Role::o_proj, Role::up_proj}) {
      const Matrix other = recorded.changed(role, 99, 0.1f);
      recorded.made[role] = pack_weight(other);
      reference.make(role, other);
    }
    const BlockReplay replay = recorded.replay();
    for (const std::vector<Role>& roles : role_sets(recorded.decoder.spec())) {
      std::vector<Matrix> weights;
      std::vector<Candidate> candidates;
      weights.reserve(roles.size());
      for (const Role role : roles)
        candidates.push_back({role, weights.emplace_back(recorded.changed(role, 7))});
      for (const Around around : {Around::untouched, Around::made}) {
        const double expected = reference.error(around, candidates);
        EXPECT_NEAR(replay.error(around, candidates), expected, kTolerance * expected)
            << role_name(roles.front());
      }
      EXPECT_EQ(replay.reads_alone(roles.front()), reference.reads_alone(roles.front()));
    }
  }
}

TEST(BlockReplay, TheCheckpointsOwnWeightsHaveNoError) {
  Recorded recorded(tiny_llama());
  const BlockReplay replay = recorded.replay();
  for (const Role role : recorded.decoder.spec().roles()) {
    const Matrix same = recorded.weight(role);
    const Candidate candidate{role, same};
    EXPECT_EQ(replay.error(Around::untouched, {&candidate, 1}), 0.0) << role_name(role);
  }
}

TEST(BlockReplay, HasTheSameBitsWhateverTheBatchesThreadsAndMemory) {
  Recorded recorded(tiny_llama());
  const double all = BlockReplay::output_bytes(recorded.decoder.spec(), 85);
  const Matrix q = recorded.changed(Role::q_proj, 1), up = recorded.changed(Role::up_proj, 2);
  const Candidate attention{Role::q_proj, q}, mlp{Role::up_proj, up};
  std::set<double> errors[2];
  for (const Index threads : {1, 2, 5}) {
    const Threads some(threads);
    for (const std::size_t per_batch : {1, 2, 5})
      for (const double kept : {0.0, 0.6 * all, all}) {
        const BlockReplay replay = recorded.replay(per_batch, kept);
        for (int again = 0; again < 2; ++again) {
          errors[0].insert(replay.error(Around::untouched, {&attention, 1}));
          errors[1].insert(replay.error(Around::untouched, {&mlp, 1}));
        }
      }
  }
  EXPECT_EQ(errors[0].size(), 1u);
  EXPECT_EQ(errors[1].size(), 1u);
}

/// Outputs of one reference must not be taken for another's.
TEST(BlockReplay, SeesWhatIsMadeInTheMeantime) {
  Recorded recorded(tiny_llama());
  const BlockReplay replay = recorded.replay();
  const Matrix k = recorded.changed(Role::k_proj, 1);
  const Candidate candidate{Role::k_proj, k};
  const double before = replay.error(Around::made, {&candidate, 1});
  EXPECT_EQ(before, replay.error(Around::untouched, {&candidate, 1}));
  recorded.made[Role::q_proj] = pack_weight(recorded.changed(Role::q_proj, 2, 0.3f));
  const double behind = replay.error(Around::made, {&candidate, 1});
  EXPECT_NE(behind, before);
  EXPECT_EQ(behind, recorded.replay().error(Around::made, {&candidate, 1}));
  EXPECT_EQ(before, replay.error(Around::untouched, {&candidate, 1}));

  // A candidate stands in the place of what was made of its role.
  recorded.made[Role::k_proj] = pack_weight(recorded.changed(Role::k_proj, 3));
  EXPECT_EQ(behind, replay.error(Around::made, {&candidate, 1}));
}

TEST(BlockReplay, KnowsWhichLinearsReadATensorAlone) {
  for (const auto& [name, make] : tiny_families()) {
    Recorded recorded(make());
    const DecoderSpec& spec = recorded.decoder.spec();
    const BlockReplay replay = recorded.replay();
    std::set<Role> alone;
    for (const Role role : spec.roles())
      if (replay.reads_alone(role)) alone.insert(role);
    std::set<Role> expected = {Role::o_proj, Role::down_proj};
    if (!spec.gated) expected.insert(Role::up_proj);
    EXPECT_EQ(alone, expected) << name;
  }
}

TEST(BlockReplay, CandidatesOfTwoSublayersAreOurBug) {
  Recorded recorded(tiny_llama());
  const Matrix q = recorded.weight(Role::q_proj), up = recorded.weight(Role::up_proj);
  const std::vector<Candidate> candidates = {{Role::q_proj, q}, {Role::up_proj, up}};
  EXPECT_THROW(recorded.replay().error(Around::made, candidates), InternalError);
}

}  // namespace
}  // namespace nf
