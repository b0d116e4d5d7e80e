#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/config/config_value.h"
#include "eval/results/results.h"

namespace nf {

/// The size of δ at one site, squared, as laws of damage take it.
enum class SizeMeasure { l2, output_error, both };
template <>
struct EnumNames<SizeMeasure> {
  static constexpr EnumName<SizeMeasure> table[] = {
      {SizeMeasure::l2, "l2", "‖δ‖² / ‖x‖²"},
      {SizeMeasure::output_error, "output_error",
       "‖Xδᵀ‖² / ‖XWᵀ‖² on a calibration set, which `predict:` records"},
      {SizeMeasure::both, "both", "the geometric mean of these two"},
  };
};

/// t² of δ at each site that a row distorts, ratios of energies, by the site's name.
using SiteSizes = std::map<std::string, double>;

/// None where the row failed, distorts nothing, or lacks the measure at one of its sites.
std::optional<SiteSizes> site_sizes(const ResultRow& row, SizeMeasure measure);

/// Whether all that the row's entries do is noise of a given size, so that its damage tells of the
/// places alone: the trials that laws are fitted on. No clip, no quantizer, no twin.
bool is_sized_noise(const RowKey& key);

/// Whether it is such noise, made by `each`.
bool is_noise_of_each(const RowKey& key);

}  // namespace nf
