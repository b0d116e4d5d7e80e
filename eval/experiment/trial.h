#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/field_table.h"
#include "eval/design/bisect_config.h"
#include "eval/design/factorial_config.h"
#include "eval/design/levels.h"
#include "eval/experiment/entry.h"
#include "eval/experiment/execution.h"
#include "eval/experiment/reshape_config.h"
#include "eval/experiment/stop_config.h"
#include "eval/experiment/sweep.h"
#include "eval/experiment/twins_config.h"
#include "perturb/surrogate.h"

namespace nf {

struct ShortForms;

/// A twin as a trial has it (`twins:`).
struct TrialTwin {
  const TwinKind* kind = nullptr;  ///< null: the trial is no twin
  /// The sites whose δ is replaced; none: all. The others stay as the trial has them.
  std::optional<SiteTensor> of{};
  /// The calibration set whose inputs, of the untouched model, the kind sees. Where it needs one.
  std::optional<std::string> calibration{};
  bool set_is_drawn = false;  ///< the set is another for each seed of a trial

  bool draws() const { return kind != nullptr && (kind->surrogate->draws() || set_is_drawn); }
};

/// One fully resolved condition: one point of a sweep with one seed, and on a model one level of
/// its design.
struct Trial {
  std::string name;  ///< as written; shared by the points of a sweep, a design, and by repeats
  std::uint64_t seed = 0;
  /// The sweep point in the order of the file, then `execute` where it is written, then the level
  /// of the design, then `twin`
  /// (empty of the trial itself), then `bisect`.
  Json vars = Json::object();
  std::vector<Entry> entries;  ///< applied in this order; each sees the result of those before it
  Design design{};
  /// The twin whose change replaces that of all entries together at each site.
  TrialTwin twin{};
  /// The search for the value of "${bisect}". A trial with one is not run itself, only what at()
  /// makes of it. Its entries are those of the value that is tried first.
  std::optional<BisectConfig> bisect{};
  std::optional<StopConfig> stop{};  ///< its own or the experiment's; none: runs to the end
  ReshapeConfig reshape{};           ///< its own or the experiment's
  Execution execute = Execution::simulated;

  /// True when the seed can change a result.
  bool draws() const;
  /// A trial with `bisect` at one value: vars["bisect"] is the value, `bisect` is gone. Equal to
  /// the same condition with the value written into its entries. Its stopping rule waits until KL
  /// is known to the search's tolerance; it has none where ΔNLL is searched for.
  Trial at(double value) const;
};

/// `trials[i]` as written, before variables have values.
struct TrialConfig {
  std::string name;
  std::optional<VariableLists> sweep, zip;
  Index repeat = 1;
  std::optional<Index> seed;
  std::optional<EntryList> perturb, quantize, distort;
  std::optional<Factor> each, leave_one_out, pairs;
  std::optional<CumulativeFactor> cumulative;
  std::optional<FactorialConfig> factorial;
  std::optional<BisectConfig> bisect;
  std::optional<TwinsConfig> twins;
  std::optional<TrialStop> stop;
  std::optional<ReshapeText> reshape;
  std::optional<ExecuteText> execute;

  /// The generator that is given, if any.
  Design design() const;
  static FieldTable<TrialConfig> fields();
  void check(const ConfigNode& node, ConfigErrors& errors) const;
};

/// All conditions one item of `trials` stands for: sweep (cartesian, the last variable fastest) ×
/// zip (in step) × execute × repeat, its design not yet made for a model. Mistakes go to `errors`.
/// The last three are the experiment's; forms: null where it has none.
std::vector<Trial> expand_trial(const ConfigNode& node, std::uint64_t experiment_seed,
                                const KindsPtr& kinds, ConfigErrors& errors,
                                const std::optional<StopConfig>& experiment_stop = std::nullopt,
                                ShortForms* forms = nullptr,
                                const ReshapeConfig& experiment_reshape = {});

/// The trials that expand_trial() made of `node`, on one model: every level of the design, repeats
/// innermost. Without a design they are the trials as they are. A design of too few or too many
/// levels is an error. Where there are `twins` each trial is followed by its twins, one a kind.
std::vector<Trial> trials_on_model(const std::vector<Trial>& trials, const ConfigNode& node,
                                   const std::string& model, const DecoderSpec& spec,
                                   ConfigErrors& errors);

}  // namespace nf
