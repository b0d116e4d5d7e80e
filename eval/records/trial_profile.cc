#include "eval/records/trial_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/io/atomic_file.h"
#include "core/io/read_file.h"
#include "eval/records/file_names.h"

namespace nf {
namespace {

constexpr int kFormat = 1;

/// Most bins of a tensor are empty: place and count of the others.
Json bins_json(const ValueHistogram& histogram) {
  Json json = Json::array();
  for (std::size_t i = 0; i < histogram.bins().size(); ++i)
    if (histogram.bins()[i] > 0) {
      json.push_back(i);
      json.push_back(histogram.bins()[i]);
    }
  return json;
}

ValueHistogram read_bins(const Json& json) {
  std::vector<std::uint64_t> bins(static_cast<std::size_t>(2 * ValueHistogram::kBins));
  for (std::size_t i = 0; i + 1 < json.size(); i += 2)
    bins.at(json[i].get<std::size_t>()) = json[i + 1].get<std::uint64_t>();
  return ValueHistogram(std::move(bins));
}

Json site_json(const SiteProfile& site) {
  const ValueProfile& values = site.values;
  Json blocks = Json::array();
  for (const ValueProfile::Block& block : values.blocks)
    blocks.push_back({block.first, block.windows, block.moments.count, block.moments.mean,
                      block.moments.central_2, block.moments.central_3, block.moments.central_4});
  return {{"site", site.site},
          {"blocks", std::move(blocks)},
          {"range", {values.lowest, values.highest}},
          {"bins", bins_json(values.histogram)},
          {"columns", values.column_max},
          {"first_columns", values.column_max_first},
          {"rows", values.row_max},
          {"peak", {values.peak.window, values.peak.position, values.peak.channel}},
          {"peak_value", values.peak.value},
          {"peak_row", values.peak.row}};
}

SiteProfile read_site(const Json& json) {
  SiteProfile site{.site = json.at("site").get<std::string>()};
  ValueProfile& values = site.values;
  for (const Json& block : json.at("blocks"))
    values.blocks.push_back({.first = block.at(0).get<Index>(),
                             .windows = block.at(1).get<Index>(),
                             .moments = {.count = block.at(2).get<Index>(),
                                         .mean = block.at(3).get<double>(),
                                         .central_2 = block.at(4).get<double>(),
                                         .central_3 = block.at(5).get<double>(),
                                         .central_4 = block.at(6).get<double>()}});
  values.lowest = json.at("range").at(0).get<float>();
  values.highest = json.at("range").at(1).get<float>();
  values.histogram = read_bins(json.at("bins"));
  values.column_max = json.at("columns").get<std::vector<float>>();
  values.column_max_first = json.at("first_columns").get<std::vector<float>>();
  values.row_max = json.at("rows").get<std::vector<float>>();
  values.peak = {.window = json.at("peak").at(0).get<Index>(),
                 .position = json.at("peak").at(1).get<Index>(),
                 .channel = json.at("peak").at(2).get<Index>(),
                 .value = json.at("peak_value").get<float>(),
                 .row = json.at("peak_row").get<std::vector<float>>()};
  return site;
}

Json super_json(const SuperWeight& weight) {
  return {{"site", weight.site},      {"row", weight.row},       {"column", weight.column},
          {"weight", weight.weight},  {"input", weight.input},   {"output", weight.output},
          {"share", weight.share},    {"tokens", weight.tokens}, {"kl", weight.kl},
          {"control", weight.control}};
}

SuperWeight read_super(const Json& json) {
  return {.site = json.at("site").get<std::string>(),
          .row = json.at("row").get<Index>(),
          .column = json.at("column").get<Index>(),
          .weight = json.at("weight").get<double>(),
          .input = json.at("input").get<double>(),
          .output = json.at("output").get<double>(),
          .share = json.at("share").get<double>(),
          .tokens = json.at("tokens").get<Index>(),
          .kl = json.at("kl").get<double>(),
          .control = json.at("control").get<double>()};
}

Json profile_json(const TrialProfile& profile) {
  Json json = {{"model", profile.model},     {"trial", profile.trial},
               {"id", profile.id},           {"text", profile.text},
               {"hash", profile.hash},       {"sites", Json::array()},
               {"attention", Json::array()}, {"super_weights", Json::array()}};
  for (const SiteProfile& site : profile.parts.sites) json["sites"].push_back(site_json(site));
  for (const AttentionProfile& each : profile.parts.attention)
    json["attention"].push_back(
        {{"site", each.site}, {"queries", each.queries}, {"sums", each.sums}});
  json["searched"] = profile.is_searched;
  for (const SuperWeight& weight : profile.super_weights)
    json["super_weights"].push_back(super_json(weight));
  return json;
}

TrialProfile read_profile(const Json& json) {
  TrialProfile profile{.model = json.at("model").get<std::string>(),
                       .trial = json.at("trial").get<std::string>(),
                       .id = json.at("id").get<std::string>(),
                       .text = json.at("text").get<std::string>(),
                       .hash = json.at("hash").get<std::string>()};
  profile.is_searched = json.at("searched").get<bool>();
  for (const Json& site : json.at("sites")) profile.parts.sites.push_back(read_site(site));
  for (const Json& each : json.at("attention"))
    profile.parts.attention.push_back({.site = each.at("site").get<std::string>(),
                                       .queries = each.at("queries").get<Index>(),
                                       .sums = each.at("sums").get<std::vector<Index>>()});
  for (const Json& weight : json.at("super_weights"))
    profile.super_weights.push_back(read_super(weight));
  return profile;
}

template <class Each>
void merge_by_site(const std::vector<Each>& from, std::vector<Each>& to,
                   void (*merge)(const Each&, Each&)) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    // Both are mostly in one order.
    auto same = i < to.size() && to[i].site == from[i].site
                    ? to.begin() + static_cast<std::ptrdiff_t>(i)
                    : std::find_if(to.begin(), to.end(),
                                   [&](const Each& each) { return each.site == from[i].site; });
    if (same == to.end())
      to.push_back(from[i]);
    else
      merge(from[i], *same);
  }
}

bool shares_windows(const ProfileParts& a, const ProfileParts& b) {
  if (a.sites.empty() || b.sites.empty()) return false;
  const std::vector<ValueProfile::Block>& blocks = b.sites.front().values.blocks;
  return std::any_of(blocks.begin(), blocks.end(), [&a](const ValueProfile::Block& block) {
    for (Index w = block.first; w < block.first + std::max<Index>(block.windows, 1); ++w)
      if (block.windows == 0 || a.sites.front().values.has_window(w)) return true;
    return false;
  });
}

}  // namespace

void AttentionProfile::merge(const AttentionProfile& other) {
  queries += other.queries;
  for (std::size_t h = 0; h < sums.size(); ++h) sums[h] += other.sums[h];
}

double AttentionProfile::mean(std::size_t head) const {
  return static_cast<double>(sums[head]) * kStep / static_cast<double>(queries);
}

void ProfileParts::merge(const ProfileParts& other) {
  merge_by_site<SiteProfile>(other.sites, sites, [](const SiteProfile& from, SiteProfile& to) {
    to.values.merge(from.values);
  });
  merge_by_site<AttentionProfile>(
      other.attention, attention,
      [](const AttentionProfile& from, AttentionProfile& to) { to.merge(from); });
}

const SiteProfile* ProfileParts::find(const std::string& site) const {
  const auto found = std::find_if(sites.begin(), sites.end(),
                                  [&site](const SiteProfile& each) { return each.site == site; });
  return found == sites.end() ? nullptr : &*found;
}

std::vector<TrialProfile> read_profiles(const std::filesystem::path& dir) {
  const std::filesystem::path file = dir / kProfiles;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return {};
  try {
    const Json json = Json::from_cbor(read_text_file(file));
    if (json.at("format").get<int>() != kFormat)
      throw DataError(
          fmt::format("{}: another version of the program wrote it; move it away, and "
                      "the next `noisefloor run` into this folder makes it again",
                      file.string()));
    std::vector<TrialProfile> profiles;
    for (const Json& each : json.at("profiles")) profiles.push_back(read_profile(each));
    return profiles;
  } catch (const Json::exception&) {
  } catch (const std::out_of_range&) {
  }
  throw DataError(
      fmt::format("{}: is damaged; delete it, and the next `noisefloor run` into this "
                  "folder makes it again",
                  file.string()));
}

void write_profiles(const std::filesystem::path& dir, const std::vector<TrialProfile>& profiles) {
  Json json = {{"format", kFormat}, {"profiles", Json::array()}};
  for (const TrialProfile& profile : profiles) json["profiles"].push_back(profile_json(profile));
  const std::vector<std::uint8_t> bytes = Json::to_cbor(json);
  write_file_atomically(
      dir / kProfiles,
      std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));  // NOLINT
}

void join_profile(const TrialProfile& profile, std::vector<TrialProfile>& profiles) {
  const auto same =
      std::find_if(profiles.begin(), profiles.end(),
                   [&profile](const TrialProfile& other) { return other.is_of(profile); });
  if (same == profiles.end()) {
    profiles.push_back(profile);
    return;
  }
  if (!shares_windows(same->parts, profile.parts)) same->parts.merge(profile.parts);
  same->is_searched = same->is_searched || profile.is_searched;
  if (same->super_weights.empty()) same->super_weights = profile.super_weights;
}

}  // namespace nf
