#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/config/config_form.h"
#include "core/config/range.h"

namespace nf {

/// A table's entry for a field, beyond its name and member. Write it with designated initialisers:
/// {.summary = "bits per value", .unit = "bits", .range = between(2, 8), .example = 4}.
struct FieldSpec {
  std::string summary{};  ///< one line, lower case, no full stop
  std::string unit{};     ///< "nats", "bits", "ratio", "tokens"; empty where there is none
  Range range{};          ///< of a number, or of each number in a list
  Json example{};         ///< as it would stand in YAML; null: the default serves as example
};

/// One key as users read about it: `noisefloor list`, docs/experiment.md and the JSON Schema are
/// made of these, so they cannot differ from what is accepted.
struct FieldDoc {
  std::string name;
  std::string type;  ///< e.g. "number", "[integer, ...]", "gaussian | uniform"
  std::string unit;
  std::string range;  ///< e.g. "between 2 and 8"; empty: no bounds
  std::string summary;
  bool required = false;
  Json default_value;           ///< null: none
  Json example;                 ///< null: none
  Json schema;                  ///< JSON Schema of the value, with bounds, default and description
  std::vector<Choice> choices;  ///< for enums: every word with its meaning
};

/// "{bits: integer, clip: number}": a mapping with these keys, for people.
std::string mapping_type(const std::vector<FieldDoc>& docs);

/// "write {tensor: weight, roles: q_proj}": each key with its example, or with `node` where the
/// flag says so; empty where there is no key.
std::string mapping_hint(const std::vector<std::pair<FieldDoc, bool>>& parts,
                         const ConfigNode& node);

/// JSON Schema of a mapping with these keys and no others.
Json object_schema(const std::vector<FieldDoc>& docs);

/// The same schema, but wherever a number, a truth value or one of several words is asked for, a
/// variable "${name}" will do as well. For editors, which see the file before substitution.
Json allow_variables(Json schema);

/// The keys of one mapping, each said once: reading, writing, checking and documentation all come
/// from here. `Owner` is a plain struct whose member initialisers are the defaults. Usage:
///
///   struct Clip {
///     std::optional<double> quantile;
///     Index floor_steps = 0;
///     static FieldTable<Clip> fields() {
///       FieldTable<Clip> table;
///       table.optional("quantile", &Clip::quantile,
///                      {.summary = "threshold as a quantile of |x|", .range = between(0, 1)});
///       return table;
///     }
///     /// Optional: rules between fields; called by read() when the mapping itself had no error.
///     void check(const ConfigNode& node, ConfigErrors& errors) const;
///   };
///   const Clip clip = fields_of<Clip>().read(node, errors);
///
/// A type with such a fields() can itself be a member of another one, alone, optional or in a list.
/// Where fields() needs an argument, such as a registry of the names that a key may have, the other
/// table is given its form().
template <typename Owner>
class FieldTable {
 public:
  /// A key that must be given.
  template <typename T, typename Base>
  FieldTable& required(const std::string& name, T Base::*member, const FieldSpec& spec) {
    return add(name, member, form_of<T>(), spec, true);
  }
  template <typename T, typename Base>
  FieldTable& required(const std::string& name, T Base::*member, const ConfigForm<T>& form,
                       const FieldSpec& spec) {
    return add(name, member, form, spec, true);
  }

  /// A key that may be left out; its default is what a default-constructed Owner holds.
  template <typename T, typename Base>
  FieldTable& optional(const std::string& name, T Base::*member, const FieldSpec& spec) {
    return add(name, member, form_of<T>(), spec, false);
  }
  template <typename T, typename Base>
  FieldTable& optional(const std::string& name, T Base::*member, const ConfigForm<T>& form,
                       const FieldSpec& spec) {
    return add(name, member, form, spec, false);
  }

  /// A key that is none of these, and what to write for it (OtherKey).
  FieldTable& other_key(const std::string& key, const std::string& instead) {
    other_keys_.push_back({key, instead});
    return *this;
  }
  const std::vector<OtherKey>& other_keys() const { return other_keys_; }

  /// Reads a whole mapping: unknown keys, then the fields, then Owner::check if there is one.
  Owner read(const ConfigNode& node, ConfigErrors& errors) const {
    const Index before = errors.count();
    Owner owner;
    if (node.is_mapping()) check_unknown_keys(node, names(), errors, other_keys_);
    read_fields(node, owner, errors);
    if constexpr (requires { owner.check(node, errors); }) {
      if (errors.count() == before) owner.check(node, errors);
    }
    return owner;
  }

  /// Reads this table's keys and looks at no other: for a mapping read by several tables, after
  /// check_unknown_keys with all their names. After an error the field keeps its value.
  void read_fields(const ConfigNode& node, Owner& owner, ConfigErrors& errors) const {
    if (!node.is_mapping()) {
      add_unreadable(node, "a mapping", form_hint(node), errors);
      return;
    }
    for (const Field& field : fields_) {
      if (const auto value = node.find(field.doc.name)) {
        field.read(*value, owner, errors);
      } else if (field.doc.required) {
        errors.add(node, fmt::format("required key '{}' is missing", field.doc.name));
      }
    }
  }

  /// Every key with its value, defaults written out; an optional without a value is left out.
  Json write(const Owner& owner) const {
    Json json = Json::object();
    for (const Field& field : fields_) {
      Json value = field.write(owner);
      if (!value.is_null()) json[field.doc.name] = std::move(value);
    }
    return json;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const Field& field : fields_) result.push_back(field.doc.name);
    return result;
  }

  std::vector<FieldDoc> docs() const {
    std::vector<FieldDoc> result;
    for (const Field& field : fields_) result.push_back(field.doc);
    return result;
  }

  Json schema() const { return object_schema(docs()); }

  /// The mapping as a value of another table.
  ConfigForm<Owner> form() const {
    return {.read = [table = *this](
                        const ConfigNode& node,
                        ConfigErrors& errors) { return std::optional(table.read(node, errors)); },
            .write = [table = *this](const Owner& owner) { return table.write(owner); },
            .type = mapping_type(docs()),
            .schema = schema()};
  }

 private:
  struct Field {
    FieldDoc doc;
    std::function<void(const ConfigNode&, Owner&, ConfigErrors&)> read;
    std::function<Json(const Owner&)> write;
  };

  /// "write {tensor: weight}": the mapping that a value alone may have been meant for, which is put
  /// where it can be read.
  std::string form_hint(const ConfigNode& node) const {
    std::vector<std::pair<FieldDoc, bool>> parts;
    bool placed = false;
    for (const Field& field : fields_) {
      Owner scratch;
      ConfigErrors none;
      if (!placed && !node.is_null()) field.read(node, scratch, none);
      const bool reads = !placed && !node.is_null() && none.empty();
      placed = placed || reads;
      if (reads || field.doc.required) parts.emplace_back(field.doc, reads);
    }
    return mapping_hint(parts, node);
  }

  template <typename T, typename Base>
  FieldTable& add(const std::string& name, T Base::*member, const ConfigForm<T>& form,
                  const FieldSpec& spec, bool required) {
    static_assert(std::is_base_of_v<Base, Owner>, "the member must be one of the owner's");
    FieldDoc doc;
    doc.name = name;
    doc.type = form.type;
    doc.unit = spec.unit;
    doc.range = spec.range.str();
    doc.summary = spec.summary;
    doc.required = required;
    if (!required) doc.default_value = form.write(Owner{}.*member);
    doc.example = spec.example.is_null() ? doc.default_value : spec.example;
    doc.schema = form.schema;
    const bool bounded = add_range_to_schema(spec.range, doc.schema);
    NF_CHECK(bounded || doc.range.empty(), "field '{}' has a range but no number", name);
    if (!doc.default_value.is_null()) doc.schema["default"] = doc.default_value;
    doc.schema["description"] =
        spec.unit.empty() ? spec.summary : fmt::format("{} [{}]", spec.summary, spec.unit);
    doc.choices = form.choices;

    const auto read = [member, read_value = form.read, range = spec.range](
                          const ConfigNode& node, Owner& owner, ConfigErrors& errors) {
      std::optional<T> value = read_value(node, errors);
      if (value && check_range(range, node, errors)) owner.*member = std::move(*value);
    };
    const auto write = [member, write_value = form.write](const Owner& owner) {
      return write_value(owner.*member);
    };
    fields_.push_back({std::move(doc), read, write});
    return *this;
  }

  std::vector<Field> fields_;
  std::vector<OtherKey> other_keys_;
};

/// The table of a type with a static fields(), made once: a table brings its documentation with it,
/// and a sweep reads and writes thousands of mappings.
template <typename T>
const FieldTable<T>& fields_of() {
  static const FieldTable<T> table = T::fields();
  return table;
}

/// A type with a static fields() stands in YAML as a nested mapping.
template <typename T>
requires requires { T::fields().names(); }
struct ConfigValue<T> {
  /// Always gives a value, with defaults where errors were added, so that reading goes on.
  static std::optional<T> read(const ConfigNode& node, ConfigErrors& errors) {
    return fields_of<T>().read(node, errors);
  }
  static Json write(const T& value) { return fields_of<T>().write(value); }
  static std::string type() { return mapping_type(fields_of<T>().docs()); }
  static Json schema() { return fields_of<T>().schema(); }
};

}  // namespace nf
