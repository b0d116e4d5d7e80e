#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// The size of δ at one site, squared, as laws of damage take it: of an input that on the
/// calibration set where there is one (stats_of()), as predictors have it.
enum class SizeMeasure {
  l2,            ///< ‖δ‖² / ‖x‖²
  output_error,  ///< ‖Xδᵀ‖² / ‖XWᵀ‖² on a calibration set, which `predict:` records
  both,          ///< the geometric mean of these two
};
/// The measures by their names on the command line.
inline constexpr std::pair<const char*, SizeMeasure> kSizeMeasures[] = {
    {"l2", SizeMeasure::l2},
    {"output_error", SizeMeasure::output_error},
    {"both", SizeMeasure::both}};
const char* size_measure_name(SizeMeasure measure);

/// t² of δ at each site that a row distorts, ratios of energies, by the site's name.
using SiteSizes = std::map<std::string, double>;

/// Sizes at a row's sites; none where it failed, distorts nothing, or lacks the measure at one.
std::optional<SiteSizes> site_sizes(const ResultRow& row, SizeMeasure measure);

/// Whether all that the row's entries do is noise of a given size, so that its damage tells of the
/// places alone: the trials that laws are fitted on. No clip, no quantizer, no twin.
bool is_sized_noise(const RowKey& key);

/// Whether it is such noise, made by `each`.
bool is_noise_of_each(const RowKey& key);

}  // namespace nf
