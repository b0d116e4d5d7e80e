#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/field_table.h"
#include "perturb/surrogate.h"

namespace nf {

/// A word of `twins:`.
struct TwinWord {
  const TwinKind* kind = nullptr;  ///< of twin_kinds()
};
template <>
struct ConfigValue<TwinWord> {
  static std::optional<TwinWord> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const TwinWord& word) { return word.kind->name; }
  static std::string type();
  static Json schema();
};

/// The sites of a trial that its twins are made of.
enum class TwinTensor { weight, input };
template <>
struct EnumNames<TwinTensor> {
  static constexpr EnumName<TwinTensor> table[] = {
      {TwinTensor::weight, "weight", "the weights alone"},
      {TwinTensor::input, "input", "the inputs of linears and the states alone"},
  };
};

/// `twins:` of a trial: kinds, as a list, or {kinds: [...], of: weight}.
struct TwinsConfig {
  OneOrMore<TwinWord> kinds;
  std::optional<TwinTensor> of;            ///< none: all
  std::optional<std::string> calibration;  ///< none: the trial's own set, or the only one

  static FieldTable<TwinsConfig> fields();
  void check(const ConfigNode& node, ConfigErrors& errors) const;
};
template <>
struct ConfigValue<TwinsConfig> {
  static std::optional<TwinsConfig> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const TwinsConfig& twins);
  static std::string type();
  static Json schema();
};

}  // namespace nf
