#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "core/config/kind_table.h"
#include "tests/support/config_support.h"

namespace nf {

/// Every form in which a kind can be written: the names alone, and {name: parameter} with the
/// parameter of the reference page.
template <typename Value>
std::vector<Json> example_forms(const KindTable<Value>& table) {
  std::vector<Json> forms;
  for (const Kind<Value>& kind : table.kinds()) {
    if (kind.plain) forms.push_back(kind.name);
    if (kind.has_parameter()) forms.push_back({{kind.name, kind.parameter.example}});
  }
  return forms;
}

/// The value that stands so in YAML.
template <typename Value>
Value read_value(const Json& form) {
  ConfigErrors errors;
  std::optional<Value> value =
      ConfigValue<Value>::read(parse_good(form.dump()), errors);  // JSON is YAML
  errors.throw_if_any();
  return *value;
}

/// Every form of every kind can be read, and what is written says the same.
template <typename Value>
void expect_forms_read_and_write(const KindTable<Value>& table) {
  for (const Json& form : example_forms(table)) {
    const Json written = ConfigValue<Value>::write(read_value<Value>(form));
    EXPECT_EQ(ConfigValue<Value>::write(read_value<Value>(written)), written) << form;
    if (form.is_string()) {
      EXPECT_EQ(written, form);
    }
  }
}

}  // namespace nf
