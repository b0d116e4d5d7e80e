#include "core/text/json_place.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/base/printable.h"

namespace nf {

std::optional<std::int32_t> token_id_from(const SortedJson& value) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
  if (!value.is_number_integer()) return std::nullopt;
  // Numbers above 2^63 are kept as unsigned only; as signed ones they would be negative.
  const auto number = value.get<std::int64_t>();
  if (number < 0 || number > kLargest) return std::nullopt;
  return static_cast<std::int32_t>(number);
}

JsonPlace::JsonPlace(std::string file, const SortedJson& root)
    : JsonPlace(std::move(file), "", root) {}

JsonPlace::JsonPlace(std::string file, std::string path, const SortedJson& value)
    : file_(std::move(file)), path_(std::move(path)), value_(&value) {}

std::string JsonPlace::place() const {
  return path_.empty() ? file_ : fmt::format("{}: {}", file_, path_);
}

void JsonPlace::fail(std::string_view cause) const {
  throw DataError(fmt::format("{}: {}", place(), cause));
}

JsonPlace JsonPlace::at(std::string_view key) const {
  const SortedJson::object_t& object = as_object();
  const auto member = object.find(std::string(key));
  if (member == object.end()) fail(fmt::format("key '{}' is missing", key));
  // Keys may be the file's own, ids or tokens.
  const std::string name = printable(key);
  return {file_, path_.empty() ? name : fmt::format("{}.{}", path_, name), member->second};
}

std::optional<JsonPlace> JsonPlace::find(std::string_view key) const {
  const SortedJson::object_t& object = as_object();
  const auto member = object.find(std::string(key));
  if (member == object.end() || member->second.is_null()) return std::nullopt;
  return at(key);
}

JsonPlace JsonPlace::item(Index index) const {
  return {file_, fmt::format("{}[{}]", path_, index),
          as_array().at(static_cast<std::size_t>(index))};
}

const std::string& JsonPlace::as_string() const {
  if (!value_->is_string()) fail(fmt::format("must be a string, not {}", value_->type_name()));
  return value_->get_ref<const std::string&>();
}

bool JsonPlace::as_bool() const {
  if (!value_->is_boolean())
    fail(fmt::format("must be true or false, not {}", value_->type_name()));
  return value_->get<bool>();
}

const SortedJson::array_t& JsonPlace::as_array() const {
  if (!value_->is_array()) fail(fmt::format("must be an array, not {}", value_->type_name()));
  return value_->get_ref<const SortedJson::array_t&>();
}

const SortedJson::object_t& JsonPlace::as_object() const {
  if (!value_->is_object()) fail(fmt::format("must be an object, not {}", value_->type_name()));
  return value_->get_ref<const SortedJson::object_t&>();
}

std::int32_t JsonPlace::as_token_id() const {
  const std::optional<std::int32_t> id = token_id_from(*value_);
  if (!id) fail(kTokenIdCause);
  return *id;
}

bool JsonPlace::bool_or(std::string_view key, bool fallback) const {
  const std::optional<JsonPlace> member = find(key);
  return member ? member->as_bool() : fallback;
}

}  // namespace nf
