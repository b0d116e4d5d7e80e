#pragma once

#include <functional>
#include <optional>

#include "core/config/field_table.h"
#include "eval/design/bisect_config.h"
#include "eval/experiment/kinds.h"
#include "eval/experiment/propagate.h"
#include "perturb/site_selector.h"

namespace nf {

/// The dependence of an entry on the value that `bisect` searches for.
struct BisectedEntry {
  /// Builds the distortion at a value of the range. Keeps alive everything that it needs.
  std::function<DistortionPtr(double value)> build;
  Json config;  ///< the entry without `sites`, with "${bisect}" in the value's place
};

/// One distortion at its sites: one item of `perturb`, `quantize` or `distort`.
struct Entry {
  SiteSelector sites;
  DistortionPtr distortion;  ///< where it is bisected: at the value that is tried first
  ConfigNode node;           ///< where it stands, for errors
  /// Name of the calibration set, and the path of its inputs. In an experiment that was loaded they
  /// are there, as they are in effect, where the distortion has needs, and nowhere else.
  std::optional<std::string> calibration{};
  std::optional<Propagate> propagate{};  ///< none: as the distortion would have it
  bool set_is_drawn = false;             ///< the set is another for each seed of a trial
  std::optional<BisectedEntry> bisected{};

  /// Whether it is made from a calibration set.
  bool has_needs() const { return !distortion->input_needs(sites.tensor).empty(); }
  /// True when the trial's seed can change what it does.
  bool draws() const { return distortion->draws() || set_is_drawn; }
  /// The path in effect.
  Propagate path() const {
    return propagate.value_or(distortion->follows_path() ? Propagate::blocks : Propagate::none);
  }
  /// The entry as it would stand in YAML with everything filled in.
  Json config() const;
};

/// The keys of an entry that say where it acts; the kinds bring their own.
FieldTable<Entry> entry_fields();
/// The keys that any entry has beside those and its kind's: how much of its change it takes.
/// has_strength: its kind has a `strength` of its own.
std::vector<FieldDoc> dose_fields(bool has_strength);

/// A list of entries, or the shorthand of one, as written: read once the variables in it have
/// values.
struct EntryList {
  ConfigNode node;
};
template <>
struct ConfigValue<EntryList> {
  static std::optional<EntryList> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const EntryList& list) { return to_json(list.node); }
  static std::string type() { return "[entry, ...] | shorthand"; }
  static Json schema() {
    return {{"anyOf", Json::array({{{"type", "array"}, {"minItems", 1}}, {{"type", "string"}}})}};
  }
};

/// The kinds of entries that a list may hold: `perturb`, `quantize`, `distort`.
enum class EntryKind { noise, quantizer, any };

/// Reads an entry whose variables have values. An entry whose distortion was wrong comes without
/// one, so that its sites can be checked all the same.
std::optional<Entry> read_entry(const ConfigNode& node, EntryKind kind, const Kinds& kinds,
                                ConfigErrors& errors);

/// The same for an entry in which "${bisect}" still stands; it must be sound in the whole range.
std::optional<Entry> read_bisected_entry(const ConfigNode& node, EntryKind kind,
                                         const KindsPtr& kinds, const BisectConfig& bisect,
                                         ConfigErrors& errors);

/// The first scalar of a tree that refers to a variable; none: there is none.
std::optional<ConfigNode> find_reference(const ConfigNode& node, const std::string& variable);

}  // namespace nf
