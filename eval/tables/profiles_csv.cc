#include "eval/tables/profiles_csv.h"

#include <fmt/format.h>

#include "eval/output/csv.h"
#include "eval/records/site_place.h"
#include "eval/tables/site_values.h"

namespace nf {
namespace {

/// The rows of one profile.
class ProfileRows {
 public:
  ProfileRows(const TrialProfile& profile, CsvText& csv) : profile_(profile), csv_(csv) {}

  void add_all() {
    for (const SiteProfile& site : profile_.parts.sites) add_site(site);
    for (const RepeatedOutliers& kind : repeated_outliers(profile_.parts)) {
      go_to(kind.role.empty() ? "*." + kind.tensor
                              : fmt::format("*.{}.{}", kind.role, kind.tensor));
      place_ = {.layer = "", .role = kind.role, .tensor = kind.tensor};
      for (const auto& [channel, layers] : kind.channels)
        add("outlier_layers", channel, static_cast<double>(layers));
    }
    for (const AttentionProfile& attention : profile_.parts.attention) {
      go_to(attention.site);
      if (attention.queries == 0) continue;
      for (std::size_t head = 0; head < attention.sums.size(); ++head)
        add("attention_position_0", static_cast<Index>(head), attention.mean(head));
    }
    for (const SuperWeight& weight : profile_.super_weights) add_super(weight);
  }

 private:
  void go_to(const std::string& site) {
    site_ = site;
    place_ = site_place(site);
  }
  void add_row(const std::string& statistic, const std::string& index, const std::string& value) {
    csv_.add_row({profile_.model, profile_.trial, profile_.text, site_, place_.layer, place_.role,
                  place_.tensor, statistic, index, value});
  }
  void add(const std::string& statistic, double value) {
    add_row(statistic, "", csv_number(value));
  }
  void add(const std::string& statistic, Index index, double value) {
    add_row(statistic, std::to_string(index), csv_number(value));
  }
  void add_list(const std::string& statistic, const std::vector<float>& values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      add(statistic, static_cast<Index>(i), static_cast<double>(values[i]));
  }

  void add_site(const SiteProfile& site) {
    go_to(site.site);
    const bool is_weight = place_.tensor == "weight";
    const SiteValues values = site_values(site.values, is_weight);
    add_row("count", "", csv_count(static_cast<double>(values.count)));
    if (!is_weight) add_row("windows", "", csv_count(static_cast<double>(site.values.windows())));
    add("min", values.min);
    add("max", values.max);
    add("mean", values.mean);
    add("sigma", values.sigma);
    add("skewness", values.skewness);
    add("kurtosis", values.kurtosis);
    add("max_abs", values.max_abs);
    if (!is_weight) {
      add("max_abs_position_0", values.max_abs_position_0);
      add("max_abs_positions_1_3", values.max_abs_first);
      add("max_abs_rest", values.max_abs_rest);
    }
    add_row("beyond_6", "", csv_count(values.beyond_6));
    add("beyond_6_sigma", values.beyond_6_sigma);
    add("range_lost", values.range_lost);
    add("to_zero_8bit", values.to_zero_8bit);
    add_histogram(site.values.histogram);
    const std::vector<float> maxima = channel_maxima(site.values, is_weight);
    for (const auto& [channel, ratio] : outlier_channels(maxima))
      add("outlier_channel", channel, ratio);
    add_list("max_abs_by_channel", maxima);
    if (is_weight) {
      add_list("max_abs_by_input", site.values.column_max);
    } else {
      add_list("max_abs_rest_by_channel", site.values.column_max);
      add_list("max_abs_by_position", site.values.row_max);
    }
  }
  void add_histogram(const ValueHistogram& histogram) {
    const auto add_count = [this](const std::string& bin, Index count) {
      if (count > 0) add_row("histogram", bin, csv_count(static_cast<double>(count)));
    };
    add_count("small", histogram.below_octaves());
    for (int e = ValueHistogram::kLeastExponent; e < ValueHistogram::kEndExponent; ++e)
      add_count(std::to_string(e), histogram.octave(e));
    add_count(std::to_string(ValueHistogram::kEndExponent), histogram.above_octaves());
  }
  void add_super(const SuperWeight& weight) {
    go_to(weight.site);
    const std::string index = fmt::format("{}:{}", weight.row, weight.column);
    const auto add_figure = [&](const std::string& statistic, double value) {
      add_row(statistic, index, csv_number(value));
    };
    add_figure("super_weight", weight.weight);
    add_figure("super_weight_input", weight.input);
    add_figure("super_weight_output", weight.output);
    add_figure("super_weight_share", weight.share);
    if (weight.tokens == 0) return;
    add_figure("super_weight_kl_zeroed", weight.kl);
    add_figure("super_weight_kl_control", weight.control);
  }

  const TrialProfile& profile_;
  CsvText& csv_;
  std::string site_;
  SitePlace place_;
};

}  // namespace

std::string profiles_csv(const std::vector<TrialProfile>& profiles) {
  CsvText csv(
      {"model", "trial", "text", "site", "layer", "role", "tensor", "statistic", "index", "value"});
  for (const TrialProfile& profile : profiles) ProfileRows(profile, csv).add_all();
  return csv.text();
}

}  // namespace nf
