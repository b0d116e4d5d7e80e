#include "eval/allocate/allocation_sites.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/printable.h"
#include "eval/allocate/storage_size.h"

namespace nf {
namespace {

bool is_quantized_weight(const Entry& entry) {
  return entry.sites.tensor == SiteTensor::weight && entry.config().contains("grid");
}

/// An entry as every point must have it.
Json without_bits(const Entry& entry) {
  Json config = entry.config();
  if (is_quantized_weight(entry)) config.erase("bits");
  return config;
}

void check_alike(const std::vector<BitsPoint>& points) {
  const Trial& first = *points.front().trial;
  for (const BitsPoint& point : points) {
    const bool alike =
        std::equal(first.entries.begin(), first.entries.end(), point.trial->entries.begin(),
                   point.trial->entries.end(), [](const Entry& one, const Entry& other) {
                     return without_bits(one) == without_bits(other);
                   });
    if (!alike)
      throw ConfigError(
          fmt::format("{}: differs between {} and {} bits in more than the bits of its weights, so "
                      "no site can have either",
                      printable(first.name), points.front().bits, point.bits));
  }
}

double mean_size(const BitsPoint& point, const std::string& site, SizeMeasure measure) {
  double sum = 0.0;
  for (const ResultRow* row : point.rows) {
    const std::optional<SiteSizes> sizes = site_sizes(*row, measure);
    if (!sizes || !sizes->contains(site))
      throw ConfigError(fmt::format(
          "{}: its records have no size ({}) of {}{}", condition_text(row->key),
          size_measure_name(measure), site,
          measure == SizeMeasure::l2 ? "" : "; `predict:` in the experiment records it"));
    sum += sizes->at(site);
  }
  return sum / static_cast<double>(point.rows.size());
}

Json notes_of(const BitsPoint& point, const std::string& site) {
  for (const SiteStats& stats : point.rows.front()->sites)
    if (stats.site == site) return stats.notes;
  return nullptr;
}

AllocationSite site_of(const Site& site, std::size_t entry, const std::vector<BitsPoint>& points,
                       SizeMeasure measure, const DecoderSpec& spec) {
  const auto [out, in] = weight_shape(site, spec);
  AllocationSite result{.site = site, .weights = out * in};
  for (const BitsPoint& point : points) {
    const Json config = point.trial->entries[entry].config();
    result.sizes.push_back(storage_size(config, notes_of(point, site.name()), out, in));
    result.t2.push_back(mean_size(point, site.name(), measure));
    result.l2.push_back(mean_size(point, site.name(), SizeMeasure::l2));
  }
  return result;
}

/// Ascending layers as ranges: 0-2, 5.
LayerRanges ranges_of(const std::vector<Index>& layers) {
  LayerRanges ranges;
  for (const Index layer : layers) {
    if (!ranges.empty() && ranges.back().last + 1 == layer) {
      ranges.back().last = layer;
      ranges.back().text = fmt::format("{}-{}", ranges.back().first, layer);
      continue;
    }
    ranges.push_back({.text = fmt::format("{}", layer), .first = layer, .last = layer});
  }
  return ranges;
}

/// These sites in few words: roles that have the same layers stand together.
OneOrMore<SitePart> parts_of(const std::vector<Site>& sites) {
  std::vector<std::pair<Role, std::vector<Index>>> by_role;
  for (const Site& site : sites) {
    auto known = std::find_if(by_role.begin(), by_role.end(),
                              [&site](const auto& role) { return role.first == site.role; });
    if (known == by_role.end()) known = by_role.insert(by_role.end(), {site.role, {}});
    known->second.push_back(site.layer);
  }
  std::vector<std::pair<OneOrMore<std::string>, std::vector<Index>>> joined;
  OneOrMore<SitePart> parts;
  parts.clear();
  for (const auto& [role, layers] : by_role) {
    const std::string name(role_name(role));
    if (!is_block_role(role)) {
      OneOrMore<std::string> alone;
      alone.assign(1, name);
      parts.push_back({.roles = alone, .layers = std::nullopt});
      continue;
    }
    auto known = std::find_if(joined.begin(), joined.end(), [&layers = layers](const auto& part) {
      return part.second == layers;
    });
    if (known == joined.end()) {
      known = joined.insert(joined.end(), {{}, layers});
      known->first.clear();
    }
    known->first.push_back(name);
  }
  for (const auto& [roles, layers] : joined)
    parts.push_back({.roles = roles, .layers = ranges_of(layers)});
  return parts;
}

/// The selector with these of its sites alone. Roles that have none of them left would be a
/// mistake.
SiteSelector narrowed_to(const SiteSelector& selector, const std::vector<Site>& sites,
                         const DecoderSpec& spec) {
  const auto is_whole = [&](const SiteSelector& narrowed) {
    return sites.size() == narrowed.select(spec).size();
  };
  SiteSelector narrowed = selector;
  if (is_whole(narrowed)) return narrowed;
  narrowed.roles.clear();
  for (const Site& site : sites) {
    const std::string role(role_name(site.role));
    if (std::find(narrowed.roles.begin(), narrowed.roles.end(), role) == narrowed.roles.end())
      narrowed.roles.push_back(role);
  }
  narrowed.only.reset();
  narrowed.except.reset();
  if (!is_whole(narrowed)) narrowed.only = parts_of(sites);
  return narrowed;
}

}  // namespace

std::pair<Index, Index> weight_shape(const Site& site, const DecoderSpec& spec) {
  if (!is_block_role(site.role)) return {spec.vocab_size, spec.embedding_size()};
  for (const LinearTensors& linear : spec.block(site.layer).linears)
    if (linear.role == site.role) return {linear.out, linear.in};
  NF_CHECK(false, "{}: no such linear", site.name());
}

Index bits_of_weights(const Trial& trial) {
  std::optional<Index> bits;
  for (const Entry& entry : trial.entries) {
    if (!is_quantized_weight(entry)) continue;
    const auto own = entry.config().at("bits").get<Index>();
    if (bits.value_or(own) != own)
      throw ConfigError(fmt::format(
          "{}: quantizes weights to {} and to {} bits at once; allocation begins with one for all",
          printable(trial.name), *bits, own));
    bits = own;
  }
  if (!bits)
    throw ConfigError(fmt::format("{}: quantizes no weight, so there are no bits to allocate",
                                  printable(trial.name)));
  return *bits;
}

std::vector<AllocationSite> allocation_sites(const std::vector<BitsPoint>& points,
                                             SizeMeasure measure, const DecoderSpec& spec) {
  check_alike(points);
  const Trial& first = *points.front().trial;
  std::vector<AllocationSite> sites;
  for (std::size_t entry = 0; entry < first.entries.size(); ++entry) {
    if (!is_quantized_weight(first.entries[entry])) continue;
    for (const Site& site : first.entries[entry].sites.select(spec)) {
      const bool is_twice = std::any_of(sites.begin(), sites.end(),
                                        [&site](const auto& known) { return known.site == site; });
      if (is_twice)
        throw ConfigError(
            fmt::format("{}: quantizes {} twice; allocation takes one quantizer a site",
                        printable(first.name), site.name()));
      sites.push_back(site_of(site, entry, points, measure, spec));
    }
  }
  return sites;
}

Json allocated_entries(const std::vector<BitsPoint>& points,
                       const std::vector<AllocationSite>& sites,
                       const std::vector<std::size_t>& choices, const DecoderSpec& spec) {
  Json list = Json::array();
  const Trial& first = *points.front().trial;
  for (std::size_t entry = 0; entry < first.entries.size(); ++entry) {
    const SiteSelector& selector = first.entries[entry].sites;
    if (!is_quantized_weight(first.entries[entry])) {
      list.push_back(first.entries[entry].config());
      continue;
    }
    const std::vector<Site> own = selector.select(spec);
    for (std::size_t point = 0; point < points.size(); ++point) {
      std::vector<Site> chosen;
      for (std::size_t i = 0; i < sites.size(); ++i)
        if (choices[i] == point && std::find(own.begin(), own.end(), sites[i].site) != own.end())
          chosen.push_back(sites[i].site);
      if (chosen.empty()) continue;
      Json config = points[point].trial->entries[entry].config();
      config["sites"] = narrowed_to(selector, chosen, spec).config();
      list.push_back(std::move(config));
    }
  }
  return list;
}

}  // namespace nf
