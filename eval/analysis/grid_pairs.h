#pragma once

#include <string>
#include <vector>

#include "eval/analysis/comparison.h"
#include "eval/results/result_lines.h"

namespace nf {

/// The words by which readers know a quantizer: its bits, its units, and what else it does.
struct QuantizerLabel {
  std::string bits;         ///< "W4A16"
  std::string granularity;  ///< "g64"; of weights and inputs that differ "channel, token"
  std::string grid;         ///< "uniform", "cube root", "power 0.5", "nf4"
  std::string method;       ///< "gptq", "rtn awq"; empty: plain rounding

  /// All but the grid: "W4A16 g64 gptq".
  std::string scheme() const;
};
/// entries: RowKey's, all of them quantizers; weights first.
QuantizerLabel quantizer_label(const Json& entries);
/// Whether all entries are quantizers, of a trial and not of its twin.
bool is_quantized(const RowKey& key);

/// Two lines of quantizers that differ in nothing but the grid, one of them uniform.
struct GridPair {
  const ResultLine* uniform = nullptr;
  const ResultLine* other = nullptr;
  QuantizerLabel uniform_label{}, other_label{};
  /// KL of the other against the uniform one, with its ratio; p_holm is adjusted over the pairs of
  /// the model.
  LineComparison comparison{};

  /// Null where the two share no text.
  const ComparedFigure* kl() const;
};

/// The pairs of a model, in the order of the lines. Whether a uniform grid is symmetric, and which
/// of its levels it uses, is part of the grid: others have no such choice. Trials of designs and
/// searches are left out. Points into `model`.
std::vector<GridPair> grid_pairs(const ModelLines& model);

}  // namespace nf
