#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/types.h"
#include "core/io/read_json.h"

namespace nf {

/// The cause to state for a value that token_id_from() refuses.
inline constexpr std::string_view kTokenIdCause =
    "a token id must be a whole number from 0 to 2147483647";

/// `value` as a token id, nullopt when it is no whole number from 0 to 2^31 - 1.
std::optional<std::int32_t> token_id_from(const SortedJson& value);

/// One value of a JSON file together with where it stands, so that every complaint reads
/// "FILE: model.merges[12]: cause". Refers to the parsed document, which must outlive it.
class JsonPlace {
 public:
  JsonPlace(std::string file, const SortedJson& root);

  const SortedJson& value() const { return *value_; }
  const std::string& file() const { return file_; }
  /// "FILE" or "FILE: model.merges[12]": what fail() puts before the cause.
  std::string place() const;
  /// Throws DataError "FILE: PLACE: CAUSE".
  [[noreturn]] void fail(std::string_view cause) const;

  /// The member `key` of an object; fails when this is no object or lacks the key.
  JsonPlace at(std::string_view key) const;
  /// The member `key` of an object; nullopt when it is missing or null.
  std::optional<JsonPlace> find(std::string_view key) const;
  /// Element `index` of an array, which must have it.
  JsonPlace item(Index index) const;

  /// The value as that type; fails, naming the type found, when it has another.
  const std::string& as_string() const;
  bool as_bool() const;
  const SortedJson::array_t& as_array() const;
  const SortedJson::object_t& as_object() const;
  std::int32_t as_token_id() const;

  /// The boolean member `key`, `fallback` when it is missing or null.
  bool bool_or(std::string_view key, bool fallback) const;

 private:
  JsonPlace(std::string file, std::string path, const SortedJson& value);

  std::string file_;
  std::string path_;
  const SortedJson* value_;
};

}  // namespace nf
