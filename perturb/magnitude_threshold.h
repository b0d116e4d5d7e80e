#pragma once

#include <optional>

#include "core/config/field_table.h"
#include "core/tensor/view.h"
#include "perturb/row_source.h"

namespace nf {

/// A threshold on |x| of a unit, as the noises that go by one have it in YAML: exactly one of
/// `quantile: q`, the k-th smallest |x|, k = max(1, ⌊q·n⌋), and `fraction_of_max: f`, f·max|x|.
struct MagnitudeThreshold {
  std::optional<double> quantile;
  std::optional<double> fraction_of_max;

  /// Adds the two keys to a table of a struct that has these members. k: the rank, for the summary.
  template <class Owner>
  static void add_fields(FieldTable<Owner>& table, const std::string& k = "max(1, floor(q n))",
                         double example = 0.999) {
    table.optional("quantile", &Owner::quantile,
                   {.summary = "threshold: the k-th smallest |x| of the unit, k = " + k,
                    .unit = "ratio",
                    .range = between(0, 1),
                    .example = example});
    table.optional("fraction_of_max", &Owner::fraction_of_max,
                   {.summary = "threshold: this share of the unit's max|x|",
                    .unit = "ratio",
                    .range = between(0, 1),
                    .example = 0.5});
  }
  void check(const ConfigNode& node, ConfigErrors& errors) const;

  /// Whether it is as large as the largest |x|, whatever x is.
  bool is_maximum() const;
  /// The threshold of one unit [rows, cols].
  float of(ConstMatrixView unit) const;
  /// The same of a matrix that is one unit and read in parts.
  float of(const RowSource& x) const;
};

}  // namespace nf
