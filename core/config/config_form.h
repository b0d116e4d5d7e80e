#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/config/config_value.h"

namespace nf {

/// The form in which values of a type stand in YAML: what ConfigValue<T> says of a type, said of
/// one field. For a form that only a running program knows, such as the names in a registry.
template <typename T>
struct ConfigForm {
  /// nullopt after an error has been added to `errors`.
  std::function<std::optional<T>(const ConfigNode& node, ConfigErrors& errors)> read;
  std::function<Json(const T& value)> write;  ///< what read() would take again
  std::string type;                           ///< for people: "last_word | slot"
  Json schema;                                ///< a JSON Schema fragment
  std::vector<Choice> choices{};              ///< where it is one of several words
};

/// The form that ConfigValue<T> says.
template <typename T>
ConfigForm<T> form_of() {
  ConfigForm<T> form{.read = ConfigValue<T>::read,
                     .write = ConfigValue<T>::write,
                     .type = ConfigValue<T>::type(),
                     .schema = ConfigValue<T>::schema()};
  if constexpr (requires { ConfigValue<T>::choices(); }) form.choices = ConfigValue<T>::choices();
  return form;
}

/// A text that is one of these words.
ConfigForm<std::string> one_of(const std::vector<Choice>& words);

/// A value of that form that may be left out or null.
template <typename T>
ConfigForm<std::optional<T>> optional_of(const ConfigForm<T>& value) {
  return {.read = [read = value.read](const ConfigNode& node,
                                      ConfigErrors& errors) -> std::optional<std::optional<T>> {
            if (node.is_null()) return std::optional<T>();
            std::optional<T> given = read(node, errors);
            if (!given) return std::nullopt;
            return std::optional<std::optional<T>>(std::move(given));
          },
          .write = [write = value.write](
                       const std::optional<T>& given) { return given ? write(*given) : Json(); },
          .type = value.type,
          .schema = value.schema,
          .choices = value.choices};
}

/// A list of values of that form.
template <typename T>
ConfigForm<std::vector<T>> list_of(const ConfigForm<T>& item) {
  return {
      .read = [read = item.read](const ConfigNode& node,
                                 ConfigErrors& errors) { return read_list<T>(node, errors, read); },
      .write =
          [write = item.write](const std::vector<T>& values) {
            Json json = Json::array();
            for (const T& value : values) json.push_back(write(value));
            return json;
          },
      .type = fmt::format("[{}, ...]", item.type),
      .schema = {{"type", "array"}, {"items", item.schema}}};
}

}  // namespace nf
