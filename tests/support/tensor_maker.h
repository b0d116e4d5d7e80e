#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/tiny_model.h"

namespace nf {

/// Logits come out with a standard deviation of about 2.8 = kHeadScale·√hidden_size: neither flat
/// nor a single token.
inline constexpr double kHeadScale = 0.5;

/// Adds the tensors of a tiny model: normal values, each tensor with draws of its own.
class TensorMaker {
 public:
  TensorMaker(const TinyOptions& options, std::vector<TestTensor>& tensors)
      : options_(options), tensors_(tensors) {}

  void add(const std::string& name, const std::vector<Index>& shape, double mean, double sigma);
  /// `name`.weight [out, in], and `name`.bias [out].
  void linear(const std::string& name, Index out, Index in, bool bias) {
    add(name + ".weight", {out, in}, 0.0, kGain / std::sqrt(static_cast<double>(in)));
    if (bias) add(name + ".bias", {out}, 0.0, 0.2);
  }
  /// The same stored the other way round, [in, out], as GPT-2's Conv1D does.
  void transposed_linear(const std::string& name, Index out, Index in) {
    add(name + ".weight", {in, out}, 0.0, kGain / std::sqrt(static_cast<double>(in)));
    add(name + ".bias", {out}, 0.0, 0.2);
  }
  /// `name`.weight of `shape`, and `name`.bias.
  void norm(const std::string& name, const std::vector<Index>& shape, bool bias) {
    add(name + ".weight", shape, 1.0, 0.2);
    if (bias) add(name + ".bias", shape, 0.0, 0.2);
  }
  /// Rows of an embedding, of positions or of a head.
  void table(const std::string& name, Index rows, Index cols) {
    add(name + ".weight", {rows, cols}, 0.0, kHeadScale);
  }

 private:
  /// More than one, so that attention weights are far from uniform.
  static constexpr double kGain = 1.5;
  const TinyOptions& options_;
  std::vector<TestTensor>& tensors_;
};

/// The keys that most families share.
Json tiny_config(const TinyOptions& options, const std::string& model_type,
                 const std::string& architecture);

/// The name of the weights' type in config.json.
inline std::string tiny_torch_dtype(const TinyOptions& options) {
  return options.dtype == Dtype::f16    ? "float16"
         : options.dtype == Dtype::bf16 ? "bfloat16"
                                        : "float32";
}

/// Width of a head of the families that may choose it.
inline Index tiny_head_dim(const TinyOptions& options) {
  return options.head_dim == 0 ? options.hidden_size / options.heads : options.head_dim;
}

}  // namespace nf
