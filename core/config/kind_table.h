#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config/field_table.h"

namespace nf {

/// One kind of a value that stands in YAML as its name, `uniform`, or as {name: parameter},
/// `{power: 0.5}`. A kind has one of these forms or both.
template <typename Value>
struct Kind {
  std::string name;              ///< the stem of its file
  std::string summary{};         ///< of the name alone: one line, lower case, no full stop
  std::optional<Value> plain{};  ///< the value of the name alone; none: a parameter is needed

  FieldDoc parameter{};  ///< its name is the kind's; without a name: there is no parameter
  Json schema{};         ///< JSON Schema of {name: parameter}
  /// The value of the whole mapping {name: parameter}; nullopt after errors have been added.
  std::function<std::optional<Value>(const ConfigNode& mapping, ConfigErrors& errors)> read{};

  /// Adds the form {name: parameter}, of which make(parameter) is the value.
  template <typename T>
  void take_parameter(const FieldSpec& spec, std::function<Value(const T&)> make) {
    struct Parameter {
      T value{};
    };
    FieldTable<Parameter> table;
    table.required(name, &Parameter::value, spec);
    parameter = table.docs().front();
    schema = table.schema();
    read = [table, make](const ConfigNode& mapping, ConfigErrors& errors) -> std::optional<Value> {
      const Index before = errors.count();
      const Parameter given = table.read(mapping, errors);
      if (errors.count() != before) return std::nullopt;
      return make(given.value);
    };
  }

  bool has_parameter() const { return !parameter.name.empty(); }
  /// "{power: number}"
  std::string form() const { return fmt::format("{{{}: {}}}", name, parameter.type); }
};

/// The kinds that a value can be of, by name. Says once what `ConfigValue<Value>` needs.
template <typename Value>
class KindTable {
 public:
  /// noun: what the kinds are, for messages: "unknown grid 'unifrom'".
  explicit KindTable(std::string noun) : noun_(std::move(noun)) {}

  /// Throws InternalError when the name is taken, or does not come behind those that are there.
  void add(Kind<Value> kind) {
    NF_CHECK(find(kind.name) == nullptr, "{} '{}' is registered twice", noun_, kind.name);
    NF_CHECK(kinds_.empty() || kinds_.back().name < kind.name, "{} '{}' comes after '{}'", noun_,
             kind.name, kinds_.back().name);
    NF_CHECK(kind.plain || kind.has_parameter(), "{} '{}' has no form", noun_, kind.name);
    kinds_.push_back(std::move(kind));
  }

  /// The kinds in the order of their names.
  const std::vector<Kind<Value>>& kinds() const { return kinds_; }
  /// The value of a name alone. An unknown name, or one that needs a parameter, is our own bug.
  const Value& plain(const std::string& name) const {
    const Kind<Value>* kind = find(name);
    NF_CHECK(kind != nullptr && kind->plain, "{} '{}'", noun_, name);
    return *kind->plain;
  }

  std::optional<Value> read(const ConfigNode& node, ConfigErrors& errors) const {
    if (node.is_scalar()) return read_name(node, errors);
    if (!node.is_mapping()) {
      add_unreadable(node, type(), "", errors);
      return std::nullopt;
    }
    std::vector<std::string> names;
    for (const Kind<Value>& kind : kinds_)
      if (kind.has_parameter()) names.push_back(kind.name);
    const std::optional<ConfigEntry> entry = read_single_key(node, names, errors);
    if (!entry) return std::nullopt;
    return find(entry->key)->read(node, errors);
  }

  /// "power | uniform | {power: number}"
  std::string type() const {
    std::vector<std::string> forms;
    for (const Choice& choice : choices()) forms.push_back(choice.name);
    return fmt::format("{}", fmt::join(forms, " | "));
  }

  Json schema() const {
    Json names = Json::array(), forms = Json::array();
    for (const Kind<Value>& kind : kinds_) {
      if (kind.plain) names.push_back({{"const", kind.name}, {"description", kind.summary}});
      if (kind.has_parameter()) forms.push_back(kind.schema);
    }
    const Json one_name = {{"oneOf", std::move(names)}};
    if (!one_name["oneOf"].empty()) forms.insert(forms.begin(), one_name);
    return {{"anyOf", std::move(forms)}};
  }

  /// Every form with its meaning, names alone first.
  std::vector<Choice> choices() const {
    std::vector<Choice> choices;
    for (const Kind<Value>& kind : kinds_)
      if (kind.plain) choices.push_back({kind.name, kind.summary});
    for (const Kind<Value>& kind : kinds_)
      if (kind.has_parameter()) choices.push_back({kind.form(), kind.parameter.summary});
    return choices;
  }

 private:
  const Kind<Value>* find(const std::string& name) const {
    for (const Kind<Value>& kind : kinds_)
      if (kind.name == name) return &kind;
    return nullptr;
  }

  std::optional<Value> read_name(const ConfigNode& node, ConfigErrors& errors) const {
    const Kind<Value>* kind = find(node.text());
    if (kind != nullptr && kind->plain) return kind->plain;
    if (kind != nullptr) {
      errors.add(node, fmt::format("{} needs a value; write {}", kind->name, kind->form()));
      return std::nullopt;
    }
    std::vector<std::string> names;
    for (const Kind<Value>& known : kinds_) names.push_back(known.name);
    const std::string meant = did_you_mean(node.text(), names);
    errors.add(node,
               fmt::format("unknown {} {}{}", noun_, describe(node),
                           meant.empty() ? choice_suggestion(node.text(), choices()) : meant));
    return std::nullopt;
  }

  std::string noun_;
  std::vector<Kind<Value>> kinds_;
};

}  // namespace nf
