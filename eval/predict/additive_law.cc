#include "eval/predict/additive_law.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "eval/output/csv.h"

namespace nf {
namespace {

std::vector<std::string> sites_of(const LawLine& line) {
  std::vector<std::string> sites;
  for (const auto& [site, size] : line.sizes) sites.push_back(site);
  return sites;
}

/// The level of a design's trial, else its only site, else its name.
std::string part_name(const LawLine& line) {
  const auto level = line.key.vars.find(line.key.design.factor);
  if (level != line.key.vars.end()) return csv_value(*level);
  return line.sizes.size() == 1 ? line.sizes.begin()->first : line.key.name;
}

double mean_size(const LawPart& part, const SiteSizes& sizes) {
  double sum = 0.0;
  for (const std::string& site : part.sites) {
    const auto found = sizes.find(site);
    if (found != sizes.end()) sum += found->second;
  }
  return sum / static_cast<double>(part.sites.size());
}

/// All parts that lines stand for, those of fewest sites first; some may overlap.
std::vector<LawPart> candidates(const std::vector<LawLine>& lines,
                                std::span<const double> damages) {
  std::vector<LawPart> parts;
  std::map<std::vector<std::string>, std::size_t> known;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    LawPart part{.name = part_name(lines[i]), .sites = sites_of(lines[i])};
    if (!(damages[i] > 0.0) || !(mean_size(part, lines[i].sizes) > 0.0)) continue;
    const auto [place, is_new] = known.emplace(part.sites, parts.size());
    if (is_new) parts.push_back(std::move(part));
    parts[place->second].lines.push_back(i);
  }
  std::stable_sort(parts.begin(), parts.end(), [](const LawPart& first, const LawPart& second) {
    return first.sites.size() < second.sites.size();
  });
  return parts;
}

double fitted_alpha(const LawPart& part, const std::vector<LawLine>& lines,
                    std::span<const double> damages) {
  double sum = 0.0;
  for (const std::size_t line : part.lines)
    sum += std::log(damages[line] / mean_size(part, lines[line].sizes));
  return std::exp(sum / static_cast<double>(part.lines.size()));
}

}  // namespace

std::optional<AdditiveLaw> AdditiveLaw::fit(std::span<const ResultRow* const> rows,
                                            SizeMeasure measure) {
  std::vector<LawLine> lines = law_lines(rows, measure);
  take_common_damages(lines);
  std::vector<double> damages;
  for (const LawLine& line : lines) damages.push_back(line.damage);
  return fit_lines(lines, damages, measure);
}

std::optional<AdditiveLaw> AdditiveLaw::fit_lines(const std::vector<LawLine>& lines,
                                                  std::span<const double> damages,
                                                  SizeMeasure measure) {
  NF_CHECK(lines.size() == damages.size(), "{} lines with {} damages", lines.size(),
           damages.size());
  AdditiveLaw law;
  law.measure_ = measure;
  law.damages_.assign(damages.begin(), damages.end());
  for (LawPart& part : candidates(lines, damages)) {
    const auto is_taken = [&law](const std::string& site) { return law.alphas_.contains(site); };
    if (std::any_of(part.sites.begin(), part.sites.end(), is_taken)) continue;
    part.alpha = fitted_alpha(part, lines, damages);
    for (const std::string& site : part.sites)
      law.alphas_[site] = part.alpha / static_cast<double>(part.sites.size());
    law.parts_.push_back(std::move(part));
  }
  if (law.parts_.empty()) return std::nullopt;
  return law;
}

std::optional<double> AdditiveLaw::predict(const ResultRow& row) const {
  const std::optional<SiteSizes> sizes = site_sizes(row, measure_);
  return sizes ? predict(*sizes) : std::nullopt;
}

std::optional<double> AdditiveLaw::predict(const SiteSizes& sizes) const {
  double damage = 0.0;
  for (const auto& [site, size] : sizes) {
    const std::optional<double> weight = alpha(site);
    if (!weight) return std::nullopt;
    damage += *weight * size;
  }
  return damage;
}

std::optional<double> AdditiveLaw::alpha(const std::string& site) const {
  const auto found = alphas_.find(site);
  return found == alphas_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<double> AdditiveLaw::slopes(const SiteSizes& sizes) const {
  std::vector<double> slopes(damages_.size(), 0.0);
  for (const LawPart& part : parts_) {
    const double share = part.alpha * mean_size(part, sizes);
    for (const std::size_t line : part.lines)
      slopes[line] = share / (static_cast<double>(part.lines.size()) * damages_[line]);
  }
  return slopes;
}

}  // namespace nf
