#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "core/ops/elementwise.h"
#include "tests/support/random_matrix.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace nf {

/// Block 0 of a tiny model, and a window's hidden states.
class OneBlock {
 public:
  static constexpr Index kTokens = 37;

  explicit OneBlock(const TinyModel& model)
      : decoder_(open(model)), weights_(decoder_.load_block(0)) {
    if (spec().rope) rope_.emplace(*spec().rope, 300);
  }

  const DecoderSpec& spec() const { return decoder_.spec(); }
  const BlockWeights& weights() const { return weights_; }
  BlockWeights& weights() { return weights_; }
  const RopeTable* rope() const { return rope_ ? &*rope_ : nullptr; }

  /// The hidden states of a random window behind the block. weight_factors: 1 where not named.
  Matrix run(InputFilter* filter, const std::map<Role, float>& weight_factors = {},
             Index tokens = kTokens, std::uint64_t salt = 0, InputProbe* probe = nullptr) const {
    PackedLinears packed = weights_.packed;
    for (const auto& [role, factor] : weight_factors) {
      Matrix weight(packed[role].out(), packed[role].in());
      decoder_.read_weight(0, role, weight);
      scale(weight, factor);
      packed[role] = pack_weight(weight);
    }
    Matrix hidden = random_matrix(tokens, spec().hidden_size, salt);
    run_block(spec(), weights_, packed, rope(), Layout::window(tokens), filter, hidden, probe);
    return hidden;
  }
  void run_in_place(MatrixView hidden) const {
    run_block(spec(), weights_, weights_.packed, rope(), Layout::window(hidden.rows()), nullptr,
              hidden);
  }

 private:
  static Decoder open(const TinyModel& model) {
    const TempDir dir;  // mapped files outlive their names
    model.write(dir.path());
    return open_decoder(dir.path());
  }

  Decoder decoder_;
  BlockWeights weights_;
  std::optional<RopeTable> rope_;
};

}  // namespace nf
