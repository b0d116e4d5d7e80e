#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/config/byte_size.h"
#include "core/model/decoder.h"
#include "eval/experiment/arithmetic_mode.h"
#include "eval/experiment/calibration_config.h"
#include "eval/experiment/data_config.h"
#include "eval/experiment/experiment_source.h"
#include "eval/experiment/isa_config.h"
#include "eval/experiment/predict_config.h"
#include "eval/experiment/profile_config.h"
#include "eval/experiment/reshape_config.h"
#include "eval/experiment/short_forms.h"
#include "eval/experiment/stats_mode.h"
#include "eval/experiment/trial.h"
#include "eval/metrics/detail.h"
#include "eval/tasks/task_config.h"

namespace nf {

/// One of the experiment's models, opened: headers checked, no weight read.
struct ExperimentModel {
  std::string name;  ///< in results: last path component, more where two are equal
  PathValue path;
  Decoder decoder;
  /// The trials in the order of the file: sweeps, designs on this model and repeats expanded.
  std::vector<Trial> trials{};
};

/// An experiment file's own keys.
struct ExperimentConfig {
  std::string experiment;
  OneOrMore<PathValue> model;
  std::optional<DataConfig> data;
  std::vector<TaskConfig> tasks;               ///< one of data and tasks is there, or both
  std::vector<CalibrationConfig> calibration;  ///< sets that entries name
  std::int64_t seed = 0;
  std::optional<ByteSize> memory;  ///< what a run stays within; no result depends on it
  Arithmetic arithmetic = Arithmetic::f32;
  StatsMode stats = StatsMode::weights;
  DetailMode detail = DetailMode::none;
  PredictConfig predict;
  ProfileConfig profile;
  bool floor = true;                   ///< kl_floor is measured where there is text
  std::optional<ProductIsa> isa;       ///< of matrix products; none: each machine's best
  std::optional<StopConfig> stop;      ///< of trials that do not say otherwise
  ReshapeConfig reshape;               ///< of the baseline, and of trials that do not say otherwise
  std::optional<ConfigNode> defaults;  ///< as written; those of trials stand in `trials` too
  std::vector<ConfigNode> trials;      ///< none: the untouched models alone

  static FieldTable<ExperimentConfig> fields(const Kinds& kinds);
};

/// A whole experiment, validated: everything that can be known to be wrong before a weight is read
/// has been reported.
struct Experiment {
  ExperimentConfig config;
  ExperimentSource source;  ///< with absolute directories
  KindsPtr kinds;           ///< the kinds that it names, never null
  std::vector<ExperimentModel> models;
  std::vector<Shorthand> shorthands{};  ///< in the order in which they were met
  /// A line for each default that nothing takes, each role that a model lacks, and each calibration
  /// set that nothing is made from.
  std::vector<std::string> warnings{};

  /// Reads and validates. `overrides`: the command line's --set, "key=value" each. Throws
  /// ConfigError with up to ten lines, DataError for a broken checkpoint.
  static Experiment load(const std::string& file, const std::vector<std::string>& overrides,
                         const KindsPtr& kinds);
  /// The same from a text that was kept, in whatever directory the caller is.
  static Experiment load(const ExperimentSource& source, const KindsPtr& kinds);

  /// Everything filled in, as `check` prints it and resolved.yaml holds it. Trials are a list, or
  /// one for each model where these differ.
  Json resolved() const;

 private:
  static Experiment from_tree(ConfigNode root, const ExperimentSource& source,
                              const KindsPtr& kinds, ConfigErrors& errors);
};

}  // namespace nf
