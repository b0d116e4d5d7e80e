#include "eval/records/object_reader.h"

#include <algorithm>
#include <cstdint>

#include "core/base/error.h"

namespace nf {
namespace {

/// Far above any count, and sums over all lines of a file stay within 64 bits.
constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 48;

bool is_count(const Json& value) {
  return value.is_number_unsigned() && value.get<std::uint64_t>() <= kMostCounted;
}

}  // namespace

ObjectReader::ObjectReader(const Json& object, std::string place)
    : object_(object), place_(std::move(place)) {
  if (!object.is_object()) fail("", "expected an object");
}

const Json* ObjectReader::find(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

const Json& ObjectReader::at(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) fail(key, "required key is missing");
  return *value;
}

std::string ObjectReader::text(const char* key) const {
  const Json& value = at(key);
  if (!value.is_string()) fail(key, "expected a string");
  return value.get<std::string>();
}

double ObjectReader::number(const char* key) const {
  const Json& value = at(key);
  if (!value.is_number()) fail(key, "expected a number");
  return value.get<double>();
}

Index ObjectReader::count(const char* key) const {
  const Json& value = at(key);
  if (!is_count(value)) fail(key, "expected a whole number from 0 to 2^48");
  return value.get<Index>();
}

bool ObjectReader::flag(const char* key) const {
  const Json& value = at(key);
  if (!value.is_boolean()) fail(key, "expected true or false");
  return value.get<bool>();
}

const Json& ObjectReader::object(const char* key) const {
  const Json& value = at(key);
  if (!value.is_object()) fail(key, "expected an object");
  return value;
}

ObjectReader ObjectReader::inside(const char* key) const {
  return {at(key), fmt::format("{}: {}", place_, key)};
}

template <class Fits>
const Json& ObjectReader::list(const char* key, Index size, const char* what,
                               const Fits& fits) const {
  const Json& value = at(key);
  if (!value.is_array() || std::ssize(value) != size ||
      !std::all_of(value.begin(), value.end(), fits))
    fail(key, fmt::format("expected a list of {} {}", size, what));
  return value;
}

std::vector<double> ObjectReader::numbers(const char* key, Index size) const {
  const auto fits = [](const Json& value) { return value.is_number(); };
  return list(key, size, "numbers", fits).get<std::vector<double>>();
}

std::vector<Index> ObjectReader::counts(const char* key, Index size) const {
  return list(key, size, "whole numbers from 0 to 2^48", is_count).get<std::vector<Index>>();
}

void ObjectReader::fail(std::string_view key, std::string_view cause) const {
  throw DataError(fmt::format("{}: {}{}{}", place_, key, key.empty() ? "" : ": ", cause));
}

}  // namespace nf
