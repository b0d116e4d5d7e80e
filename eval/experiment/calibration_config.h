#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/field_table.h"
#include "core/config/path_value.h"
#include "eval/tasks/task_registry.h"

namespace nf {

/// The seed of a set that is drawn: a number, or that of each trial.
struct CalibrationSeed {
  std::optional<Index> number;  ///< none: `trial`

  bool is_of_trial() const { return !number; }
  std::uint64_t at(std::uint64_t trial_seed) const {
    return number ? static_cast<std::uint64_t>(*number) : trial_seed;
  }
};

template <>
struct ConfigValue<CalibrationSeed> {
  static std::optional<CalibrationSeed> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const CalibrationSeed& seed);
  static std::string type() { return "integer | trial"; }
  static Json schema();
};

/// Text that means nothing.
enum class Nonsense { characters, tokens };

template <>
struct EnumNames<Nonsense> {
  static constexpr EnumName<Nonsense> table[] = {
      {Nonsense::characters, "characters",
       "independent characters out of Python's string.punctuation + string.whitespace, 38 in all, "
       "tokenized whole"},
      {Nonsense::tokens, "tokens", "independent ids out of the model's vocabulary"},
  };
};

/// The questions of a task as a text.
struct CalibrationTask {
  std::string kind;  ///< one of the registry's
  PathValue file;
  std::optional<Index> limit;

  static FieldTable<CalibrationTask> fields(const TaskRegistry& kinds);
};

/// A named set of `calibration:`.
struct CalibrationConfig {
  std::string name{};
  ConfigNode node{};  ///< where it stands, for errors
  std::optional<PathValue> ids, text, jsonl;
  std::optional<CalibrationTask> task;
  std::optional<Nonsense> nonsense;
  std::string field = "text";
  bool join = true;
  std::optional<Index> context;
  std::optional<Index> windows;
  std::optional<CalibrationSeed> seed;

  static FieldTable<CalibrationConfig> fields(const TaskRegistry& kinds);
  void check(const ConfigNode& node, ConfigErrors& errors) const;

  /// True where each seed of a trial has a set of its own.
  bool is_drawn_by_trial() const { return seed && seed->is_of_trial(); }
  /// The source in the words of `check`: a file as it is written, or the kind of nonsense.
  std::string source() const;
  /// The key of the windows where they are given, else the set: where it is too short.
  ConfigNode windows_node() const { return node.find("windows").value_or(node); }
};

/// `calibration:`, a mapping of names to sets, in the order of the file.
ConfigForm<std::vector<CalibrationConfig>> calibration_form(const TaskRegistry& kinds);

/// The set of that name; null where there is none.
const CalibrationConfig* find_calibration(const std::vector<CalibrationConfig>& sets,
                                          const std::string& name);

}  // namespace nf
