#pragma once

#include <string>

#include "core/base/error.h"
#include "core/config/config_errors.h"
#include "core/config/yaml_reader.h"

namespace nf {

/// The tree of a YAML text that is right, under the name "f.yaml".
inline ConfigNode parse_good(const std::string& text) {
  ConfigErrors errors;
  ConfigNode node = parse_yaml(text, "f.yaml", errors);
  errors.throw_if_any();
  return node;
}

/// The message of the ConfigError that `action` throws; "no error" when it throws none.
template <typename Action>
std::string config_error_of(const Action& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

/// The whole message about `text` when `read(node, errors)` reads it.
template <typename Read>
std::string config_message(const std::string& text, const Read& read) {
  return config_error_of([&] {
    ConfigErrors errors;
    read(parse_yaml(text, "f.yaml", errors), errors);
    errors.throw_if_any();
  });
}

}  // namespace nf
