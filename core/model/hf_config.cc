#include "core/model/hf_config.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"

namespace nf {

void HfConfig::fail(const std::string& field, const std::string& cause) const {
  throw DataError(fmt::format("{}: {}: {}", file_, field, cause));
}

const Json& HfConfig::raw(const std::string& field) const {
  static const Json null;
  const auto it = json_.find(field);
  return it == json_.end() ? null : *it;
}

Index HfConfig::positive(const std::string& field) const {
  const Json& value = raw(field);
  if (value.is_null()) fail(field, "required field is missing");
  if (!value.is_number_integer() || value.get<Index>() <= 0 ||
      value.get<Index>() > (Index{1} << 31))
    fail(field, fmt::format("must be a positive integer, is {}", value.dump()));
  return value.get<Index>();
}

Index HfConfig::positive_or(const std::string& field, Index fallback) const {
  return raw(field).is_null() ? fallback : positive(field);
}

double HfConfig::number(const std::string& field) const {
  if (raw(field).is_null()) fail(field, "required field is missing");
  return number_or(field, 0.0);
}

double HfConfig::number_or(const std::string& field, double fallback) const {
  const Json& value = raw(field);
  if (value.is_null()) return fallback;
  if (!value.is_number()) fail(field, fmt::format("must be a number, is {}", value.dump()));
  const double number = value.get<double>();
  if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max()))
    fail(field, fmt::format("must be a number of float32, is {}", value.dump()));
  return number;
}

bool HfConfig::flag_or(const std::string& field, bool fallback) const {
  const Json& value = raw(field);
  if (value.is_null()) return fallback;
  if (!value.is_boolean()) fail(field, fmt::format("must be true or false, is {}", value.dump()));
  return value.get<bool>();
}

std::string HfConfig::text_or(const std::string& field, const std::string& fallback) const {
  const Json& value = raw(field);
  if (value.is_null()) return fallback;
  if (!value.is_string()) fail(field, fmt::format("must be a string, is {}", value.dump()));
  return value.get<std::string>();
}

std::string HfConfig::spelling(const std::vector<std::string>& names) const {
  const auto chosen = std::find_if(names.begin(), names.end(),
                                   [this](const std::string& n) { return !raw(n).is_null(); });
  if (chosen == names.end()) return names.front();
  for (auto other = chosen + 1; other != names.end(); ++other)
    if (!raw(*other).is_null() && raw(*other) != raw(*chosen))
      warn(*chosen, fmt::format("{} is used; {}, the other name of this field, is {}",
                                raw(*chosen).dump(), *other, raw(*other).dump()));
  return *chosen;
}

HfConfig HfConfig::object(const std::string& field) const {
  const Json& value = raw(field);
  if (!value.is_object()) fail(field, fmt::format("must be an object, is {}", value.dump()));
  HfConfig nested(value, fmt::format("{}: {}", file_, field));
  nested.warnings_ = warnings_;
  return nested;
}

void HfConfig::warn_of(const std::string& place, const std::string& cause) const {
  std::string text = fmt::format("{}: {}", place, cause);
  if (std::find(warnings_->begin(), warnings_->end(), text) == warnings_->end())
    warnings_->push_back(std::move(text));
}

void HfConfig::require(bool condition, const std::string& field, const std::string& cause) const {
  if (!condition)
    fail(field, fmt::format("{} (is {})", cause, has(field) ? raw(field).dump() : "absent"));
}

}  // namespace nf
