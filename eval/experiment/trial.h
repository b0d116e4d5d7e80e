#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/field_table.h"
#include "eval/experiment/kinds.h"
#include "perturb/site_selector.h"

namespace nf {

/// One distortion at its sites: one item of `perturb`, `quantize` or `distort`.
struct Entry {
  SiteSelector sites;
  DistortionPtr distortion;
  ConfigNode node;  ///< where it stands, for errors

  /// As it would stand in YAML with everything filled in.
  Json config() const;
};

/// One fully resolved condition: one point of a sweep with one seed.
struct Trial {
  std::string name;  ///< as written; shared by the points of a sweep and by repeats
  std::uint64_t seed = 0;
  Json vars = Json::object();  ///< the sweep point, in the order of the file
  std::vector<Entry> entries;  ///< applied in this order; each sees the result of those before it
  /// True when the seed can change a result.
  bool draws() const;
};

/// A list of entries as written: read once the variables in it have values.
struct EntryList {
  ConfigNode node;
};
template <>
struct ConfigValue<EntryList> {
  static std::optional<EntryList> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const EntryList& list) { return to_json(list.node); }
  static std::string type() { return "[entry, ...]"; }
  static Json schema() { return {{"type", "array"}, {"minItems", 1}}; }
};

/// Variables of a sweep, each with its list of values, as written.
struct VariableLists {
  ConfigNode node;
};
template <>
struct ConfigValue<VariableLists> {
  static std::optional<VariableLists> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const VariableLists& lists) { return to_json(lists.node); }
  static std::string type() { return "{name: [value, ...], ...}"; }
  static Json schema() {
    return {{"type", "object"}, {"additionalProperties", {{"type", "array"}, {"minItems", 1}}}};
  }
};

/// `trials[i]` as written, before variables have values.
struct TrialConfig {
  std::string name;
  std::optional<VariableLists> sweep, zip;
  Index repeat = 1;
  std::optional<Index> seed;
  std::optional<EntryList> perturb, quantize, distort;

  static FieldTable<TrialConfig> fields();
  void check(const ConfigNode& node, ConfigErrors& errors) const;
};

/// The keys of an entry that say where it acts; the kinds bring their own.
FieldTable<Entry> entry_fields();

/// All conditions one item of `trials` stands for: sweep (cartesian, the last variable fastest) ×
/// zip (in step) × repeat. Mistakes go to `errors`.
std::vector<Trial> expand_trial(const ConfigNode& node, std::uint64_t experiment_seed,
                                const Kinds& kinds, ConfigErrors& errors);

}  // namespace nf
