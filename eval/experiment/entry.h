#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/config/field_table.h"
#include "eval/design/bisect_config.h"
#include "eval/experiment/kinds.h"
#include "perturb/site_selector.h"

namespace nf {

/// How an entry depends on the value that `bisect` searches for.
struct BisectedEntry {
  /// Its distortion at a value of the range. Keeps what it needs alive.
  std::function<DistortionPtr(double value)> build;
  Json config;  ///< the entry without `sites`, "${bisect}" where the value goes
};

/// One distortion at its sites: one item of `perturb`, `quantize` or `distort`.
struct Entry {
  SiteSelector sites;
  DistortionPtr distortion;  ///< where it is bisected: at the value that is tried first
  ConfigNode node;           ///< where it stands, for errors
  std::optional<BisectedEntry> bisected{};

  /// As it would stand in YAML with everything filled in.
  Json config() const;
};

/// The keys of an entry that say where it acts; the kinds bring their own.
FieldTable<Entry> entry_fields();

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

/// What a list of entries may hold: `perturb`, `quantize`, `distort`.
enum class EntryKind { noise, quantizer, any };

/// Reads an entry whose variables have values. Without a distortion where that was wrong: its sites
/// can be checked all the same.
std::optional<Entry> read_entry(const ConfigNode& node, EntryKind kind, const Kinds& kinds,
                                ConfigErrors& errors);

/// The same for an entry in which "${bisect}" still stands; it must be sound in the whole range.
std::optional<Entry> read_bisected_entry(const ConfigNode& node, EntryKind kind,
                                         const std::shared_ptr<const Kinds>& kinds,
                                         const BisectConfig& bisect, ConfigErrors& errors);

/// The first scalar of a tree that refers to a variable; none: there is none.
std::optional<ConfigNode> find_reference(const ConfigNode& node, const std::string& variable);

}  // namespace nf
