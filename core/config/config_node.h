#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// A place in the user's input.
struct ConfigPlace {
  std::string source;  ///< the file as the user named it, or the option, e.g. "--set seed"
  Index line = 0;      ///< 1-based; 0 when the source has no lines (an option)
  Index column = 0;    ///< 1-based, in bytes
  /// Relative paths written here count from it; empty: the current directory.
  std::string directory{};

  /// "FILE:LINE:COL", or the source alone when it has no lines.
  std::string str() const;
};

struct ConfigEntry;

/// One node of an experiment file: our own immutable tree, so that no other code sees the YAML
/// library and every value still knows the place it was written at. A cheap handle (a shared tree
/// and the key path by which this node was reached); copies share the tree. Thread-safe.
class ConfigNode {
 public:
  enum class Kind { null, scalar, sequence, mapping };

  /// A null without a place.
  ConfigNode();

  /// Trees are built from the leaves up. The paths of the children given are forgotten: a path
  /// comes from walking down from a root. Keys of a mapping must differ (NF_CHECK).
  static ConfigNode null(ConfigPlace place);
  static ConfigNode scalar(std::string text, bool quoted, ConfigPlace place);
  static ConfigNode sequence(std::vector<ConfigNode> items, ConfigPlace place);
  static ConfigNode mapping(std::vector<ConfigEntry> entries, ConfigPlace place);

  Kind kind() const;
  bool is_null() const { return kind() == Kind::null; }
  bool is_scalar() const { return kind() == Kind::scalar; }
  bool is_sequence() const { return kind() == Kind::sequence; }
  bool is_mapping() const { return kind() == Kind::mapping; }

  /// Text of a scalar, without its quotes; empty for other kinds. Lives as long as the tree.
  const std::string& text() const;
  /// True for 'x' and "x" and block scalars: such a scalar is text, never a number or a truth
  /// value.
  bool is_quoted() const;

  /// Items of a sequence in their order; empty for other kinds.
  std::vector<ConfigNode> items() const;
  /// Entries of a mapping in the order of the file; empty for other kinds.
  std::vector<ConfigEntry> entries() const;
  /// The value of that key; nullopt when there is none or this is no mapping.
  std::optional<ConfigNode> find(std::string_view key) const;

  const ConfigPlace& place() const;
  /// The way here from the root, e.g. "trials[2].perturb[0].strength.relative_l2"; empty at the
  /// root.
  const std::string& path() const { return path_; }
  /// "FILE:LINE:COL: key.path", or only the place at the root.
  std::string where() const;

  /// The same tree reached by another path, e.g. a rebuilt trial put back in its place.
  ConfigNode with_path(std::string path) const;
  /// The same values, all of them (keys too) standing at `place`: for values brought from
  /// elsewhere.
  ConfigNode relocated(const ConfigPlace& place) const;

 private:
  struct Data;
  ConfigNode(std::shared_ptr<const Data> data, std::string path);
  ConfigNode child(const ConfigEntry& entry) const;

  std::shared_ptr<const Data> data_;
  std::string path_;
};

/// One `key: value` of a mapping.
struct ConfigEntry {
  std::string key;
  ConfigPlace key_place;
  ConfigNode value;
};

/// A node in words, for messages: 'banana' or "banana" (as it was quoted), an empty value, a list,
/// a mapping. Always one line.
std::string describe(const ConfigNode& node);

/// The tree as plain values by the scalar rules of core/config/scalar.h (text that is no number,
/// truth value or null stays text). For nodes kept as they are in a resolved configuration.
Json to_json(const ConfigNode& node);

}  // namespace nf
