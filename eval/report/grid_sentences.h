#pragma once

#include <string>
#include <vector>

#include "eval/analysis/grid_pairs.h"

namespace nf {

/// The mean KL of a line, nats; it has text.
double kl_of_line(const ResultLine& line, const ModelLines& model);

/// "cube root", "nf4 (against uniform asym)".
std::string grid_text(const GridPair& pair);

/// One sentence a grid and number of bits: "At W4A16, cube root beats uniform at tensor (KL 0.310
/// against 1.88, −83 % [−85, −81]); it loses to uniform at g64 (…)."
std::vector<std::string> grid_sentences(const std::vector<GridPair>& pairs,
                                        const ModelLines& model);

}  // namespace nf
