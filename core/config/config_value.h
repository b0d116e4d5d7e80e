#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/suggest.h"
#include "core/config/config_errors.h"
#include "core/config/config_node.h"

namespace nf {

/// The form of a type's values in YAML: how they are read, written back, and described. Specialise
/// it for your own types; every member is required:
///
///   template <>
///   struct ConfigValue<Strength> {
///     /// nullopt after an error has been added to `errors`; the field then keeps its default.
///     static std::optional<Strength> read(const ConfigNode& node, ConfigErrors& errors);
///     static Json write(const Strength& value);  ///< what read() would take again
///     static std::string type();  ///< for people: "{relative_l2: number} | {snr_db: number}"
///     static Json schema();       ///< a JSON Schema fragment
///   };
///
/// There are ready ones for double, Index and other integers, bool, std::string, std::vector<T>,
/// OneOrMore<T>, std::optional<T> (null is nullopt), enums (EnumNames below), ConfigNode (kept as
/// it is) and every type with a static fields() (core/config/field_table.h).
template <typename T>
struct ConfigValue;

/// "cannot read 'banana' as a number", with `hint` behind it.
void add_unreadable(const ConfigNode& node, std::string_view wanted, std::string_view hint,
                    ConfigErrors& errors);

template <>
struct ConfigValue<double> {
  static std::optional<double> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(double value) { return value; }
  static std::string type() { return "number"; }
  static Json schema() { return {{"type", "number"}}; }
};

template <>
struct ConfigValue<Index> {
  static std::optional<Index> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(Index value) { return value; }
  static std::string type() { return "integer"; }
  static Json schema() { return {{"type", "integer"}}; }
};

/// Other integers are read as Index and must fit.
template <std::integral T>
struct ConfigValue<T> {
  static std::optional<T> read(const ConfigNode& node, ConfigErrors& errors) {
    const std::optional<Index> value = ConfigValue<Index>::read(node, errors);
    if (!value) return std::nullopt;
    if (!std::in_range<T>(*value)) {
      errors.add(node,
                 fmt::format("must be between {} and {}, is {}", std::numeric_limits<T>::min(),
                             std::numeric_limits<T>::max(), *value));
      return std::nullopt;
    }
    return static_cast<T>(*value);
  }
  static Json write(T value) { return value; }
  static std::string type() { return ConfigValue<Index>::type(); }
  static Json schema() { return ConfigValue<Index>::schema(); }
};

template <>
struct ConfigValue<bool> {
  static std::optional<bool> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(bool value) { return value; }
  static std::string type() { return "true | false"; }
  static Json schema() { return {{"type", "boolean"}}; }
};

/// Any scalar, quoted or not, is text: `name: 2024` needs no quotes.
template <>
struct ConfigValue<std::string> {
  static std::optional<std::string> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const std::string& value) { return value; }
  static std::string type() { return "text"; }
  static Json schema() { return {{"type", "string"}}; }
};

/// A part of the file kept as it is, to be read later (a trial before its variables are known).
template <>
struct ConfigValue<ConfigNode> {
  static std::optional<ConfigNode> read(const ConfigNode& node, ConfigErrors&) { return node; }
  static Json write(const ConfigNode& value) { return to_json(value); }
  static std::string type() { return "any"; }
  static Json schema() { return Json::object(); }
};

/// Null stands for "not given".
template <typename T>
struct ConfigValue<std::optional<T>> {
  static std::optional<std::optional<T>> read(const ConfigNode& node, ConfigErrors& errors) {
    if (node.is_null()) return std::optional<T>();
    std::optional<T> value = ConfigValue<T>::read(node, errors);
    if (!value) return std::nullopt;
    return std::optional<std::optional<T>>(std::move(value));
  }
  static Json write(const std::optional<T>& value) {
    return value ? ConfigValue<T>::write(*value) : Json();
  }
  static std::string type() { return ConfigValue<T>::type(); }
  static Json schema() { return ConfigValue<T>::schema(); }
};

/// A list whose items `read_item(node, errors)` reads; nullopt where one of them cannot be read.
template <typename T, typename ReadItem>
std::optional<std::vector<T>> read_list(const ConfigNode& node, ConfigErrors& errors,
                                        const ReadItem& read_item) {
  if (!node.is_sequence()) {
    add_unreadable(node, "a list", node.is_mapping() ? "begin each item with '- '" : "", errors);
    return std::nullopt;
  }
  std::vector<T> values;
  bool all = true;
  for (const ConfigNode& item : node.items()) {
    std::optional<T> value = read_item(item, errors);
    if (value) values.push_back(std::move(*value));
    all = all && value;
  }
  return all ? std::optional(std::move(values)) : std::nullopt;
}

template <typename T>
struct ConfigValue<std::vector<T>> {
  static std::optional<std::vector<T>> read(const ConfigNode& node, ConfigErrors& errors) {
    return read_list<T>(node, errors, ConfigValue<T>::read);
  }
  static Json write(const std::vector<T>& values) {
    Json json = Json::array();
    for (const T& value : values) json.push_back(ConfigValue<T>::write(value));
    return json;
  }
  static std::string type() { return fmt::format("[{}, ...]", ConfigValue<T>::type()); }
  static Json schema() { return {{"type", "array"}, {"items", ConfigValue<T>::schema()}}; }
};

/// A list that may be written as its item alone when there is one: `model: a` or `model: [a, b]`.
/// Never empty once read.
template <typename T>
struct OneOrMore : std::vector<T> {
  using std::vector<T>::vector;
};

template <typename T>
struct ConfigValue<OneOrMore<T>> {
  static std::optional<OneOrMore<T>> read(const ConfigNode& node, ConfigErrors& errors) {
    OneOrMore<T> values;
    if (node.is_sequence()) {
      std::optional<std::vector<T>> list = ConfigValue<std::vector<T>>::read(node, errors);
      if (!list) return std::nullopt;
      values.assign(list->begin(), list->end());
    } else {
      std::optional<T> value = ConfigValue<T>::read(node, errors);
      if (!value) return std::nullopt;
      values.push_back(std::move(*value));
    }
    if (values.empty()) {
      errors.add(node, "needs at least one item");
      return std::nullopt;
    }
    return values;
  }
  static Json write(const OneOrMore<T>& values) {
    return values.size() == 1 ? ConfigValue<T>::write(values.front())
                              : ConfigValue<std::vector<T>>::write(values);
  }
  static std::string type() {
    return fmt::format("{} | {}", ConfigValue<T>::type(), ConfigValue<std::vector<T>>::type());
  }
  static Json schema() {
    Json list = ConfigValue<std::vector<T>>::schema();
    list["minItems"] = 1;
    return {{"anyOf", Json::array({ConfigValue<T>::schema(), std::move(list)})}};
  }
};

/// One word a field accepts.
struct Choice {
  std::string name;
  std::string summary;
};

/// The end of "unknown value 'x'": the word that is meant, or every word with its meaning.
std::string choice_suggestion(std::string_view name, const std::vector<Choice>& known);

/// The place among `words` of the one that stands there; nullopt after an error: "unknown value
/// 'gausian'; did you mean 'gaussian'?".
std::optional<std::size_t> read_word(const ConfigNode& node, const std::vector<Choice>& words,
                                     ConfigErrors& errors);
/// "gaussian | uniform".
std::string words_type(const std::vector<Choice>& words);
/// JSON Schema of one of the words, each with its meaning.
Json words_schema(const std::vector<Choice>& words);

/// One value of an enum: its name in YAML and one line on what it means.
template <typename E>
struct EnumName {
  E value;
  const char* name;
  const char* summary;
};

/// The names of an enum, said once. Specialise it, and ConfigValue<E> is there:
///
///   template <>
///   struct EnumNames<Relation> {
///     static constexpr EnumName<Relation> table[] = {
///         {Relation::independent, "independent", "the noise does not look at the value"}, ...};
///   };
template <typename E>
struct EnumNames;

template <typename E>
const char* enum_name(E value) {
  for (const EnumName<E>& entry : EnumNames<E>::table) {
    if (entry.value == value) return entry.name;
  }
  NF_CHECK(false, "value {} has no name", static_cast<Index>(value));
}

template <typename E>
requires std::is_enum_v<E>
struct ConfigValue<E> {
  static std::optional<E> read(const ConfigNode& node, ConfigErrors& errors) {
    const std::optional<std::size_t> place = read_word(node, choices(), errors);
    if (!place) return std::nullopt;
    return EnumNames<E>::table[*place].value;
  }
  static Json write(E value) { return enum_name(value); }
  static std::string type() { return words_type(choices()); }
  static Json schema() { return words_schema(choices()); }
  static std::vector<Choice> choices() {
    std::vector<Choice> result;
    for (const EnumName<E>& entry : EnumNames<E>::table) {
      result.push_back({entry.name, entry.summary});
    }
    return result;
  }
};

/// Reads a value that is written as a mapping with exactly one key, `{relative_l2: 0.1}`. Returns
/// that entry, or nullopt after an error ("needs exactly one of: relative_l2, snr_db, sigma_abs",
/// unknown keys, no mapping).
std::optional<ConfigEntry> read_single_key(const ConfigNode& node,
                                           const std::vector<std::string>& names,
                                           ConfigErrors& errors);

/// A key by which others know a value, or that belongs elsewhere, and what to write for it:
/// {"group_size", "granularity: {group: 64}"}.
struct OtherKey {
  std::string key;
  std::string instead;  ///< stands behind "unknown key 'group_size'; write "
};

/// Adds an error for every key of a mapping that is not one of `names`: "unknown key 'sigmaa'; did
/// you mean 'sigma'?", or "; write ..." for one of `others`. Knows the trap of flow style, where
/// `{layers: 0-3,7}` has a key 7. A `node` that is no mapping is an error as well. Call it with the
/// names of several tables together when several read the same mapping.
void check_unknown_keys(const ConfigNode& node, const std::vector<std::string>& names,
                        ConfigErrors& errors, const std::vector<OtherKey>& others = {});

}  // namespace nf
