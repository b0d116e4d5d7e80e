#include "perturb/strength.h"

#include <cmath>

#include "perturb/input_free.h"
#include "perturb/noise_entry.h"
#include "perturb/noise_kernels.h"

namespace nf {
namespace {

struct Amount {
  Strength::Kind kind;
  const char* name;
  const char* summary;
  Range range;
  const char* word;  ///< as tables print it, before the number
  const char* unit;  ///< that may stand behind the number
};

// The bounds keep δ within f32 for values of ordinary size.
const std::vector<Amount>& amounts() {
  static const std::vector<Amount> table = {
      {Strength::Kind::relative_l2, "relative_l2", "norm of the noise / norm of the values",
       between(0, 1e9), "l2=", ""},
      {Strength::Kind::snr_db, "snr_db", "-20 log10 of relative_l2 [dB]", between(-180, 400),
       "snr=", "dB"},
      {Strength::Kind::sigma_abs, "sigma_abs",
       "root mean square of the noise, in the unit of the values", between(0, 1e9), "rms=", ""}};
  return table;
}

const char* kMatch = "match";

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const Amount& amount : amounts()) result.push_back(amount.name);
  result.push_back(kMatch);
  return result;
}

/// {relative_l2: 0.1} of l2=0.1, as tables print it; other values as they are.
ConfigNode written_out(const ConfigNode& node) {
  if (!node.is_scalar()) return node;
  for (const Amount& amount : amounts()) {
    const std::string_view word = amount.word, unit = amount.unit;
    if (!node.text().starts_with(word)) continue;
    std::string number = node.text().substr(word.size());
    if (number.ends_with(unit)) number.resize(number.size() - unit.size());
    return ConfigNode::mapping(
               {{amount.name, node.place(), ConfigNode::scalar(number, false, node.place())}},
               node.place())
        .with_path(node.path());
  }
  return node;
}

}  // namespace

std::optional<Strength> ConfigValue<Strength>::read(const ConfigNode& node, ConfigErrors& errors) {
  const std::optional<ConfigEntry> entry = read_single_key(written_out(node), names(), errors);
  if (!entry) return std::nullopt;
  if (entry->key == kMatch) return Strength{Strength::Kind::match, 0.0, entry->value};
  for (const Amount& amount : amounts()) {
    if (entry->key != amount.name) continue;
    const std::optional<double> value = ConfigValue<double>::read(entry->value, errors);
    if (!value || !check_range(amount.range, entry->value, errors)) return std::nullopt;
    return Strength{amount.kind, *value, std::nullopt};
  }
  NF_CHECK(false, "strength '{}'", entry->key);
}

Json ConfigValue<Strength>::write(const Strength& strength) {
  if (strength.kind == Strength::Kind::match) return {{kMatch, to_json(*strength.match)}};
  for (const Amount& amount : amounts())
    if (amount.kind == strength.kind) return {{amount.name, strength.value}};
  NF_CHECK(false, "strength kind {}", static_cast<int>(strength.kind));
}

std::string ConfigValue<Strength>::type() {
  return "{relative_l2: number} | {snr_db: number} | {sigma_abs: number} | {match: quantizer | "
         "noise}";
}

Json ConfigValue<Strength>::schema() {
  Json options = Json::array();
  const auto add = [&](const char* name, Json value) {
    options.push_back({{"type", "object"},
                       {"properties", {{name, std::move(value)}}},
                       {"required", Json::array({name})},
                       {"additionalProperties", false}});
  };
  for (const Amount& amount : amounts()) {
    Json value = ConfigValue<double>::schema();
    add_range_to_schema(amount.range, value);
    value["description"] = amount.summary;
    add(amount.name, std::move(value));
  }
  Json matched = ConfigValue<ReferredEntry>::schema();
  matched["description"] = "the quantizer or noise whose error is matched in L2";
  add(kMatch, std::move(matched));
  for (const Amount& amount : amounts())
    options.push_back(
        {{"type", "string"},
         {"pattern", fmt::format(R"(^{}-?([0-9]+\.?|[0-9]*\.[0-9]+)([eE][-+]?[0-9]+)?({})?$)",
                                 amount.word, amount.unit)}});
  return {{"anyOf", std::move(options)}};
}

StrengthRule::StrengthRule(const Strength& strength, DistortionPtr matched)
    : strength_(strength), matched_(std::move(matched)) {
  NF_CHECK((strength.kind == Strength::Kind::match) == (matched_ != nullptr),
           "another distortion belongs to `match` only");
  if (strength.kind == Strength::Kind::relative_l2) relative_l2_ = strength.value;
  if (strength.kind == Strength::Kind::snr_db) {
    constexpr double kLog2Of10 = 3.3219280948873623;
    relative_l2_ = noise_kernels().power_of_two(-strength.value / 20.0 * kLog2Of10);
  }
}

bool StrengthRule::is_zero() const {
  return matched_ ? matched_->is_identity()
                  : strength_.kind != Strength::Kind::snr_db && strength_.value == 0.0;
}

std::optional<StrengthRule> StrengthRule::without_inputs(SiteTensor tensor) const {
  if (!matched_) return *this;
  const DistortionPtr matched = input_free(matched_, tensor);
  return matched ? std::optional<StrengthRule>({strength_, matched}) : std::nullopt;
}

double StrengthRule::norm(double x_norm, double matched_norm, Index n) const {
  if (x_norm == 0.0) return 0.0;
  switch (strength_.kind) {
    case Strength::Kind::relative_l2:
    case Strength::Kind::snr_db:
      return relative_l2_ * x_norm;
    case Strength::Kind::sigma_abs:
      return strength_.value * std::sqrt(static_cast<double>(n));
    case Strength::Kind::match:
      return matched_norm;
  }
  NF_CHECK(false, "strength kind {}", static_cast<int>(strength_.kind));
}

Json StrengthRule::config() const {
  if (matched_) return {{kMatch, matched_->config()}};
  return ConfigValue<Strength>::write(strength_);
}

}  // namespace nf
