#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/results/figures.h"
#include "eval/results/result_lines.h"

namespace nf {

/// A line by the size of its δ.
struct DosePoint {
  const ResultLine* line = nullptr;
  double size = 0.0;  ///< relative L2, the mean over the seeds
  FigureEstimate kl;
  std::optional<FigureEstimate> delta_nll{};
};

/// One kind of δ at several sizes, or at one.
struct DoseCurve {
  std::string label{};              ///< its trial without what says the size
  std::string family{};             ///< noise_family(); empty: a quantizer, a clip
  std::vector<DosePoint> points{};  ///< by size; at least one
};

/// Damage by the size of δ at the same sites.
struct DosePlot {
  std::string tensor{};  ///< "weights" or "inputs"
  std::string place{};   ///< "24 sites"; of a design "each layer of NAME"
  std::vector<DoseCurve> curves{};
};

/// The plots of a model: sites, and trials of `each`, at which some δ has two sizes. Trials that
/// change both weights and inputs are left out, since the two sizes do not add up; so are twins,
/// searches and other designs. Points into `model`.
std::vector<DosePlot> dose_plots(const ModelLines& model);

}  // namespace nf
