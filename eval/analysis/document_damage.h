#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// The damage that one trial does to one document or, of a text that is but one, to one window.
struct DocumentDamage {
  std::pair<Index, Index> name;      ///< as of FigureBlocks
  double tokens = 0.0;               ///< scored
  double delta_nll = 0.0, kl = 0.0;  ///< nats per token
  /// The root of the mean ‖h‖² over the scored positions, h the state that leaves the untouched
  /// model's last block, which predicts the ΔNLL of a document (arXiv 2506.12044); and
  /// ‖h - h̃‖²/‖h‖² over the same. Not a number where they are not known.
  double residual_norm = 0.0, residual_error = 0.0;
};

/// Damages in the order of the text, of the windows that both have. row: not failed.
std::vector<DocumentDamage> document_damages(const ResultRow& row, const ResultRow& baseline);

/// Spearman's correlation of a figure with the norm of the residual stream, where that is known of
/// all.
std::optional<double> correlation_with_residual(const std::vector<DocumentDamage>& documents,
                                                double DocumentDamage::*figure);

}  // namespace nf
