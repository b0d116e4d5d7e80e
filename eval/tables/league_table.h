#pragma once

#include <string>

#include "eval/output/table_format.h"
#include "eval/predict/league.h"

namespace nf {

/// The league for readers: a section for each model and target, a line for each predictor, below it
/// what can be said in words. columns: the terminal's width, 0: as wide as it comes.
std::string league_table(const League& league, Index columns, TableFormat format);

}  // namespace nf
