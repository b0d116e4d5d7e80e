#include "eval/predict/coverage_law.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/base/check.h"

namespace nf {
namespace {

/// Π(1 − f_i/c).
double uncovered(std::span<const double> singles, double cap) {
  double sum = 0.0;
  for (const double single : singles) sum += std::log1p(-single / cap);
  return std::exp(sum);
}

double covered(std::span<const double> singles, double cap) {
  double sum = 0.0;
  for (const double single : singles) sum += std::log1p(-single / cap);
  return -cap * std::expm1(sum);
}

std::vector<double> picked(std::span<const double> values, const std::vector<std::size_t>& places) {
  std::vector<double> picked;
  for (const std::size_t place : places) picked.push_back(values[place]);
  return picked;
}

/// The derivatives of the cap, by the implicit function G(c, f) = c(1 − Π(1 − f_i/c)) = whole.
std::vector<double> slopes_of_cap(double cap, const LawCorner& corner,
                                  std::span<const double> damages) {
  const double rest = uncovered(picked(damages, corner.parts), cap);
  double by_cap = 1.0 - rest;
  for (const std::size_t part : corner.parts)
    by_cap -= rest * damages[part] / (cap - damages[part]);
  std::vector<double> slopes(damages.size(), 0.0);
  slopes[corner.all] = 1.0 / by_cap;
  for (const std::size_t part : corner.parts)
    slopes[part] = -rest * cap / (cap - damages[part]) / by_cap;
  return slopes;
}

/// b = −ln(1 − f/c) of the lines that parts are made of; NaN of the others and beyond the cap.
std::vector<double> exponents_of(std::span<const double> damages,
                                 std::span<const std::size_t> singles, double cap) {
  std::vector<double> exponents(damages.size(), std::numeric_limits<double>::quiet_NaN());
  for (const std::size_t line : singles)
    if (damages[line] < cap) exponents[line] = -std::log1p(-damages[line] / cap);
  return exponents;
}

/// Trials of one design, without their level.
std::pair<std::string, Json> trial_of(const RowKey& key) {
  Json vars = key.vars;
  vars.erase(key.design.factor);
  return {key.name, vars};
}

bool is_whole(const RowKey& key) {
  if (!is_sized_noise(key)) return false;
  if (key.design.kind != "pairs") return key.design.kind.empty();
  const auto level = key.vars.find(key.design.factor);
  return level != key.vars.end() && *level == kAllLevels;
}

bool has_entries(const RowKey& whole, const RowKey& part) {
  return std::all_of(part.entries.begin(), part.entries.end(), [&whole](const Json& entry) {
    return std::find(whole.entries.begin(), whole.entries.end(), entry) != whole.entries.end();
  });
}

/// Whether these lines distort each site of `all` once, and in its way.
bool make_up(const std::vector<LawLine>& lines, const std::vector<std::size_t>& parts,
             const LawLine& all) {
  std::size_t sites = 0;
  for (const std::size_t part : parts) {
    const LawLine& line = lines[part];
    sites += line.sizes.size();
    if (!has_entries(all.key, line.key) ||
        !std::all_of(line.sizes.begin(), line.sizes.end(),
                     [&all](const auto& site) { return all.sizes.contains(site.first); }))
      return false;
  }
  return parts.size() > 1 && sites == all.sizes.size();
}

}  // namespace

std::optional<double> solve_cap(std::span<const double> singles, double whole) {
  double sum = 0.0, most = 0.0;
  for (const double single : singles) {
    sum += single;
    most = std::max(most, single);
  }
  if (!(most < whole && whole < sum)) return std::nullopt;
  double low = most, high = 2.0 * most;
  constexpr double kFarthest = 1e15;  // beyond it the sum is the whole as far as doubles tell
  while (covered(singles, high) < whole) {
    low = high;
    high *= 2.0;
    if (high > kFarthest * most) return std::nullopt;
  }
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    (covered(singles, middle) < whole ? low : high) = middle;
  }
  return high;
}

std::vector<LawCorner> law_corners(const std::vector<LawLine>& lines) {
  std::map<std::pair<std::string, Json>, std::vector<std::size_t>> designs;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (is_noise_of_each(lines[i].key)) designs[trial_of(lines[i].key)].push_back(i);
  std::vector<LawCorner> corners;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!is_whole(lines[i].key)) continue;
    for (const auto& [trial, parts] : designs)
      if (make_up(lines, parts, lines[i])) corners.push_back({.all = i, .parts = parts});
  }
  return corners;
}

std::optional<CoverageLaw> CoverageLaw::fit(std::span<const ResultRow* const> rows,
                                            SizeMeasure measure) {
  std::vector<LawLine> lines = law_lines(rows, measure);
  take_common_damages(lines);
  const std::vector<LawCorner> corners = law_corners(lines);
  const auto greatest = std::max_element(
      corners.begin(), corners.end(), [&lines](const LawCorner& first, const LawCorner& second) {
        return lines[first.all].damage < lines[second.all].damage;
      });
  if (greatest == corners.end()) return std::nullopt;
  std::vector<double> damages;
  std::vector<std::size_t> singles;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    damages.push_back(lines[i].damage);
    if (is_noise_of_each(lines[i].key)) singles.push_back(i);
  }
  return fit_lines(lines, damages, singles, *greatest, measure);
}

std::optional<CoverageLaw> CoverageLaw::fit_lines(const std::vector<LawLine>& lines,
                                                  std::span<const double> damages,
                                                  std::span<const std::size_t> singles,
                                                  const LawCorner& corner, SizeMeasure measure) {
  const std::optional<double> cap = solve_cap(picked(damages, corner.parts), damages[corner.all]);
  if (!cap) return std::nullopt;
  std::optional<AdditiveLaw> exponents =
      AdditiveLaw::fit_lines(lines, exponents_of(damages, singles, *cap), measure);
  if (!exponents) return std::nullopt;
  CoverageLaw law;
  law.cap_ = *cap;
  law.cap_slopes_ = slopes_of_cap(*cap, corner, damages);
  law.damages_.assign(damages.begin(), damages.end());
  law.exponents_ = std::move(*exponents);
  return law;
}

std::optional<double> CoverageLaw::predict(const ResultRow& row) const {
  const std::optional<SiteSizes> sizes = site_sizes(row, exponents_.measure());
  return sizes ? predict(*sizes) : std::nullopt;
}

std::optional<double> CoverageLaw::predict(const SiteSizes& sizes) const {
  const std::optional<double> exponent = exponents_.predict(sizes);
  return exponent ? std::optional(-cap_ * std::expm1(-*exponent)) : std::nullopt;
}

std::optional<double> CoverageLaw::exponent(const ResultRow& row) const {
  return exponents_.predict(row);
}

std::vector<double> CoverageLaw::slopes(const SiteSizes& sizes) const {
  const std::optional<double> exponent = exponents_.predict(sizes);
  NF_CHECK(exponent.has_value(), "no law of these sites");
  const double rest = std::exp(-*exponent);
  std::vector<double> slopes = exponents_.slopes(sizes);
  double by_cap = 1.0 - rest;
  for (std::size_t i = 0; i < slopes.size(); ++i) {
    if (slopes[i] == 0.0) continue;
    slopes[i] *= cap_ * rest / (cap_ - damages_[i]);
    by_cap -= slopes[i] * damages_[i] / cap_;
  }
  for (std::size_t i = 0; i < slopes.size(); ++i) slopes[i] += by_cap * cap_slopes_[i];
  return slopes;
}

}  // namespace nf
