#include "core/model/hf_config.h"

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
  return value.get<double>();
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
  for (const std::string& name : names)
    if (!raw(name).is_null()) return name;
  return names.front();
}

HfConfig HfConfig::object(const std::string& field) const {
  const Json& value = raw(field);
  if (!value.is_object()) fail(field, fmt::format("must be an object, is {}", value.dump()));
  return {value, fmt::format("{}: {}", file_, field)};
}

void HfConfig::require(bool condition, const std::string& field, const std::string& cause) const {
  if (!condition)
    fail(field, fmt::format("{} (is {})", cause, has(field) ? raw(field).dump() : "absent"));
}

}  // namespace nf
