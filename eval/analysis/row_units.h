#pragma once

#include <vector>

#include "eval/records/row_key.h"

namespace nf {

/// Rows that analyses look at together, besides the baseline: those of one line, of one group of
/// effects, of one trial and its twins, the arms of one trial (`execute`). What is told of the rows
/// of one unit depends on no row of another, so that units can be read and forgotten one by one.
struct RowUnit {
  std::vector<std::size_t> rows{};  ///< their places among the keys, ascending
  bool is_common = false;           ///< it has a baseline or a floor, which other units need
};

/// The units of an experiment, in the order of their first rows. Rows of one id are in one unit.
std::vector<RowUnit> row_units(const std::vector<RowKey>& keys);

}  // namespace nf
