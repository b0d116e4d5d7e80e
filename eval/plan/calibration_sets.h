#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/text/tokenizer.h"
#include "eval/data/text_overlap.h"
#include "eval/experiment/experiment.h"
#include "eval/records/calibration_identity.h"

namespace nf {

/// A calibration set that was read.
struct ReadCalibration {
  CalibrationSetPtr set;
  std::optional<std::uint64_t> seed;  ///< the trial's, where the set is drawn by it
  TextOverlap overlap;                ///< with what the model is evaluated on
};

/// The calibration sets of an experiment as one model reads them, each once, when it is first asked
/// for. Not thread-safe.
class CalibrationSets {
 public:
  /// evaluated: to be compared with; it and the model must outlive this.
  CalibrationSets(const Experiment& experiment, const ExperimentModel& model,
                  const EvalSet& evaluated);

  /// Throws DataError for a file that cannot be read or ids that are another model's, ConfigError
  /// for a set with fewer windows than it should have. A name that is not there is our own bug.
  const ReadCalibration& read(const std::string& name, std::uint64_t trial_seed);
  /// read() for trials made ready for the model. This must outlive it.
  CalibrationSource source();

  /// The sets that were asked for, in the order of the file and then of seeds.
  std::vector<CalibrationIdentity> identities() const;
  /// A line for each that is drawn by the trial's seed and takes all that there is, so that seeds
  /// do not differ, and for each that shares text with what is evaluated.
  std::vector<std::string> warnings() const;

 private:
  /// Windows, a list of ids each.
  using Windows = std::vector<std::vector<std::int32_t>>;

  Windows read_windows(const CalibrationConfig& config, std::uint64_t seed);
  Windows rows_of(const CalibrationConfig& config) const;
  Windows all_windows(const CalibrationConfig& config);
  Windows nonsense(const CalibrationConfig& config, std::uint64_t seed);
  std::vector<std::int32_t> nonsense_characters(Index tokens, std::uint64_t key,
                                                std::uint64_t seed);
  std::vector<std::string> documents(const CalibrationConfig& config) const;
  const Tokenizer& tokenizer();
  void check_ids(const Windows& windows, const CalibrationConfig& config) const;

  const std::vector<CalibrationConfig> configs_;
  const KindsPtr kinds_;
  const ExperimentModel& model_;
  const EvalSet& evaluated_;
  std::optional<Tokenizer> tokenizer_;
  std::map<std::string, Windows> pools_;  ///< out of which every seed draws
  std::map<std::pair<std::size_t, std::uint64_t>, ReadCalibration> read_;  ///< by place and seed
};

}  // namespace nf
