#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/config/config_value.h"
#include "core/model/site.h"
#include "core/tensor/view.h"

namespace nf {

// clang-format off
/// The values of a matrix that belong together: the scope of a noise, the unit of a clip, the
/// granularity of a quantizer. On a weight [out, in] and on an input [T, in] of one window:
///
///   word                   on a weight                        on an input
///   tensor                 the matrix                         the window
///   channel                an output row                      a feature over the window
///   token                  (error)                            a position
///   {group: g}             g consecutive inputs of a row      g consecutive features of a position
///   {group: g, axis: in}   g consecutive outputs of an input  (error)
///
/// A shorter last group is a group of its own; g >= the dimension is one group.
// clang-format on
struct Unit {
  enum class Kind { tensor, channel, token, group, group_in };
  Kind kind = Kind::tensor;
  Index group = 0;  ///< g; 0 for the kinds without one

  static Unit tensor() { return {Kind::tensor, 0}; }
  static Unit channel() { return {Kind::channel, 0}; }
  static Unit token() { return {Kind::token, 0}; }
  static Unit groups(Index g) { return {Kind::group, g}; }
  static Unit groups_in(Index g) { return {Kind::group_in, g}; }

  friend bool operator==(const Unit&, const Unit&) = default;
};

/// The use of a unit. A quantizer cannot have the `channel` of an input, whose range it would know
/// only at the end of the window.
enum class UnitUse { noise, quantizer };

/// The reason why this unit cannot be used there, as the cause of a configuration error; nullopt
/// when it can.
std::optional<std::string> unit_problem(const Unit& unit, SiteTensor tensor, UnitUse use);

/// `tensor` on a weight, `token` on an input.
Unit default_noise_scope(SiteTensor tensor);

/// Written as in the table above; g64 and per-ic64 stand for groups as they do in a shorthand.
template <>
struct ConfigValue<Unit> {
  static std::optional<Unit> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const Unit& unit);
  static std::string type();
  static Json schema();
};

/// Rows of a weight [rows, in] that lie in one unit, of a unit that does not span the matrix: g of
/// {group: g, axis: in}, else 1.
Index rows_of_unit(const Unit& unit, Index rows);

/// Rows [row, row + rows) x columns [col, col + cols) of a matrix.
struct Rectangle {
  Index row = 0;
  Index col = 0;
  Index rows = 0;
  Index cols = 0;
};

/// The units of one matrix [rows, cols]: equal rectangles side by side, the last ones possibly
/// smaller. Unit i stands in the reading order of the matrix.
class UnitBlocks {
 public:
  /// Throws InternalError where unit_problem() has something to say about a noise.
  UnitBlocks(const Unit& unit, SiteTensor tensor, Index rows, Index cols);

  Index count() const { return down_ * across_; }
  Index across() const { return across_; }  ///< units side by side in one band of rows
  Index down() const { return down_; }      ///< bands of rows
  Rectangle operator[](Index i) const;
  /// Whether a unit is one column of several rows, so that its values are not consecutive.
  bool are_columns() const { return block_rows_ > 1 && block_cols_ == 1 && cols_ > 1; }

 private:
  Index rows_, cols_;
  Index block_rows_, block_cols_;
  Index down_, across_;
};

/// The part of a matrix that lies in a rectangle.
template <class T>
BasicMatrixView<T> part_of(BasicMatrixView<T> x, const Rectangle& r) {
  return {x.row(r.row) + r.col, r.rows, r.cols, x.stride()};
}

}  // namespace nf
