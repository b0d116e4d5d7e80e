#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/decoder_spec.h"
#include "core/tensor/view.h"

namespace nf {

/// Another model of the same function: the outputs of the norms before linears are multiplied by a
/// factor a channel, in the norm's weight and bias, and the columns of the weights that read them
/// are divided by it. Factors that are powers of two change no bit of any product.
struct Reshape {
  /// Every weight of such a norm becomes 1 or -1, and the linears take what it was (gamma
  /// migration, arXiv 2209.13325, section 4.1). One that is 0 stays.
  bool flatten = false;
  /// Channels of the outputs that are `factor` times as large in these layers, after flattening.
  std::vector<Index> channels{};  ///< ascending, each once, below H
  double factor = 1.0;            ///< above 0
  std::vector<bool> layers{};     ///< [L], or empty without channels

  /// Whether the model stays as it is.
  bool is_nothing() const { return !flatten && (channels.empty() || factor == 1.0); }
  friend bool operator==(const Reshape&, const Reshape&) = default;
};

/// Says why a family's blocks cannot be reshaped; empty where they can. Every output of a norm
/// must go into linears alone.
std::string why_not_reshaped(const DecoderSpec& spec);

/// The norms of a block before linears.
enum class BlockNorm { attention, mlp };
/// The norm whose output a role of a block reads; none where it reads something else.
std::optional<BlockNorm> norm_read_by(const DecoderSpec& spec, const BlockSpec& block, Role role);

/// The factor of each channel of a norm's output. weight: [H], the norm's own. Returns [H].
std::vector<double> channel_factors(const Reshape& reshape, Index layer,
                                    const std::vector<float>& weight);

/// values[i] <- values[i] · factors[i], rounded once. values: [H], or empty.
void multiply_channels(const std::vector<double>& factors, std::vector<float>& values);
/// The columns of some rows of a weight divided by their factors. rows: [n, H]
void divide_columns(const std::vector<double>& factors, MatrixView rows);

}  // namespace nf
