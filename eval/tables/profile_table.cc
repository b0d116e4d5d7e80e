#include "eval/tables/profile_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "eval/output/number_text.h"
#include "eval/output/short_list.h"
#include "eval/records/site_place.h"
#include "eval/tables/site_values.h"

namespace nf {
namespace {

constexpr std::size_t kMostNamed = 6;
/// A super weight's zeroing does so many times as much as that of its control.
constexpr double kConfirmed = 10.0;

std::string kind_of(const SitePlace& place) {
  return place.role.empty() ? place.tensor : place.role + '.' + place.tensor;
}

std::string name_of_peak(const SiteProfile& site, bool is_weight) {
  const ValueProfile::Peak& peak = site.values.peak;
  return is_weight ? fmt::format("{}[{}, {}]", site.site, peak.position, peak.channel)
                   : fmt::format("{}[{}] at position {}", site.site, peak.channel, peak.position);
}

std::optional<std::string> attention_sentence(const ProfileParts& parts) {
  double sum = 0.0, most = -1.0;
  std::string where;
  Index heads = 0, sinks = 0;
  for (const AttentionProfile& layer : parts.attention)
    for (std::size_t head = 0; head < layer.sums.size() && layer.queries > 0; ++head) {
      const double mean = layer.mean(head);
      sum += mean;
      ++heads;
      sinks += mean >= 0.5;
      if (mean <= most) continue;
      most = mean;
      where = fmt::format("{}, head {}", layer.site, head);
    }
  if (heads == 0) return std::nullopt;
  return fmt::format(
      "attention on position 0: {:.1f} % of all on average, {:.1f} % at most ({}); {} of {} heads "
      "give it half or more",
      100.0 * sum / static_cast<double>(heads), 100.0 * most, where, sinks, heads);
}

std::string super_sentence(const SuperWeight& weight) {
  std::string text = fmt::format("{}[{}, {}] = {}: {} in, {} out, {:.0f} % of it by this weight",
                                 weight.site, weight.row, weight.column,
                                 short_number(weight.weight, 3), short_number(weight.input, 3),
                                 short_number(weight.output, 3), 100.0 * weight.share);
  if (weight.tokens == 0) return text + "; not zeroed";
  const bool is_super = weight.kl >= kConfirmed * weight.control && weight.kl > 0.0;
  return text + fmt::format("; KL {} with it zeroed, {} with the matrix's largest other: {}",
                            short_number(weight.kl, 3), short_number(weight.control, 3),
                            is_super ? "a super weight" : "no super weight");
}

/// "q_proj.input: channels 14 (6 of 6 layers), 3 (2)".
std::string repeated_sentence(const RepeatedOutliers& kind) {
  std::vector<std::string> names;
  for (const auto& [channel, layers] : kind.channels)
    if (names.size() < kMostNamed)
      names.push_back(fmt::format("{} ({} of {} layers)", channel, layers, kind.layers));
  const std::size_t more = kind.channels.size() - names.size();
  std::string text = fmt::format("outlying channels of {} in several layers: ",
                                 kind.role.empty() ? kind.tensor : kind.role + '.' + kind.tensor);
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return more == 0 ? text : text + fmt::format(" and {} more", more);
}

}  // namespace

std::vector<KindValues> kind_values(const TrialProfile& profile) {
  std::vector<KindValues> kinds;
  std::vector<ValueMoments> moments;
  for (const SiteProfile& site : profile.parts.sites) {
    const SitePlace place = site_place(site.site);
    const bool is_weight = place.tensor == "weight";
    const SiteValues values = site_values(site.values, is_weight);
    const std::string name = kind_of(place);
    auto kind = std::find_if(kinds.begin(), kinds.end(),
                             [&name](const KindValues& each) { return each.kind == name; });
    if (kind == kinds.end()) {
      kind = kinds.insert(kinds.end(), KindValues{.kind = name, .largest = {}, .max_abs = -1.0});
      moments.emplace_back();
    }
    moments[static_cast<std::size_t>(kind - kinds.begin())].merge(site.values.moments());
    if (values.max_abs > kind->max_abs) {
      kind->max_abs = values.max_abs;
      kind->largest = name_of_peak(site, is_weight);
    }
    if (!std::isnan(values.max_abs_rest))
      kind->max_abs_rest = std::max(kind->max_abs_rest, values.max_abs_rest);
    kind->beyond_6 += values.beyond_6;
    kind->range_lost = std::max(kind->range_lost, values.range_lost);
  }
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    kinds[k].sigma = moments[k].sigma();
    kinds[k].kurtosis = moments[k].kurtosis();
    kinds[k].beyond_6 /= static_cast<double>(moments[k].count);
  }
  return kinds;
}

std::vector<std::string> profile_sentences(const TrialProfile& profile) {
  std::vector<std::string> lines;
  const auto kinds = kind_values(profile);
  const auto most = std::max_element(
      kinds.begin(), kinds.end(),
      [](const KindValues& a, const KindValues& b) { return a.range_lost < b.range_lost; });
  if (most != kinds.end())
    lines.push_back(
        fmt::format("one range for a whole tensor loses most at {}: {} bits beyond what "
                    "a typical channel needs",
                    most->kind, short_number(most->range_lost, 2)));
  for (const RepeatedOutliers& kind : repeated_outliers(profile.parts))
    lines.push_back(repeated_sentence(kind));
  if (auto attention = attention_sentence(profile.parts)) lines.push_back(*std::move(attention));
  for (std::size_t i = 0; i < std::min(profile.super_weights.size(), kMostNamed); ++i)
    lines.push_back(super_sentence(profile.super_weights[i]));
  return lines;
}

std::string profile_heading(const TrialProfile& profile) {
  std::string heading = profile.model;
  if (profile.trial != "baseline") heading += ", " + profile.trial;
  if (profile.text.empty()) return heading + ": weights";
  return profile.text == kDataText ? heading : heading + ", " + profile.text;
}

std::string profile_text(const std::vector<TrialProfile>& profiles, Index columns) {
  TextTable table(
      {"max |x|", "from\nposition 4", "sigma", "kurtosis", "|x| ≥ 6\n%", "range lost\nbits"});
  for (const TrialProfile& profile : profiles) {
    table.add_section(profile_heading(profile));
    for (const KindValues& kind : kind_values(profile)) {
      const bool has_positions = !profile.text.empty();
      table.add_row(kind.kind, {{short_number(kind.max_abs, 3), ""},
                                {has_positions ? short_number(kind.max_abs_rest, 3) : "", ""},
                                {short_number(kind.sigma, 3), ""},
                                {short_number(kind.kurtosis, 3), ""},
                                {short_number(100.0 * kind.beyond_6, 2), ""},
                                {short_number(kind.range_lost, 2), ""}});
    }
  }
  std::string text = table.render(columns);
  for (const TrialProfile& profile : profiles) {
    const std::vector<std::string> lines = profile_sentences(profile);
    if (lines.empty()) continue;
    text += '\n' + profile_heading(profile) + '\n';
    for (const std::string& line : lines) text += "  " + line + '\n';
  }
  return text;
}

}  // namespace nf
