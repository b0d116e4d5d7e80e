#include "eval/predict/site_size.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/check.h"
#include "eval/predict/row_figures.h"

namespace nf {
namespace {

std::optional<double> ratio(double error, double whole) {
  if (!(whole > 0.0) || !std::isfinite(error)) return std::nullopt;
  return error / whole;
}

std::optional<double> output_error(const SiteStats& site) {
  if (!site.predictor || !site.predictor->outputs) return std::nullopt;
  return ratio(site.predictor->outputs->error, site.predictor->outputs->output);
}

std::optional<double> site_size(const SiteStats& site, SizeMeasure measure) {
  const DistortionStats& stats = stats_of(site);
  const std::optional<double> l2 = ratio(stats.sum_d2, stats.sum_x2);
  if (measure == SizeMeasure::l2) return l2;
  const std::optional<double> output = output_error(site);
  if (measure == SizeMeasure::output_error || !output || !l2) return output;
  return std::sqrt(*l2 * *output);
}

/// Noise of a few values, or made of the error of something else: its strength says nothing of
/// that.
constexpr std::array<const char*, 3> kNotAtAllValues = {"outliers_only", "permuted", "resigned"};

/// Whether an entry, as RowKey has it, is noise with a size of its own at all values.
bool is_sized(const Json& entry) {
  if (!entry.is_object() || !entry.contains("noise") || entry.contains("keep")) return false;
  if (std::find(kNotAtAllValues.begin(), kNotAtAllValues.end(), entry.at("noise")) !=
      kNotAtAllValues.end())
    return false;
  const auto strength = entry.find("strength");
  return strength != entry.end() && !strength->is_null();
}

}  // namespace

const char* size_measure_name(SizeMeasure measure) {
  for (const auto& [name, known] : kSizeMeasures)
    if (known == measure) return name;
  NF_CHECK(false, "measure {} has no name", static_cast<int>(measure));
}

std::optional<SiteSizes> site_sizes(const ResultRow& row, SizeMeasure measure) {
  if (row.failed() || row.sites.empty()) return std::nullopt;
  SiteSizes sizes;
  for (const SiteStats& site : row.sites) {
    const std::optional<double> size = site_size(site, measure);
    if (!size) return std::nullopt;
    sizes[site.site] = *size;
  }
  return sizes;
}

bool is_sized_noise(const RowKey& key) {
  const auto twin = key.vars.find("twin");
  if (twin != key.vars.end() && twin->is_string() && *twin != "") return false;
  return !key.entries.empty() && std::all_of(key.entries.begin(), key.entries.end(), is_sized);
}

bool is_noise_of_each(const RowKey& key) {
  return key.design.kind == "each" && is_sized_noise(key);
}

}  // namespace nf
