#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/field_table.h"
#include "core/config/path_value.h"
#include "eval/data/read_windows.h"

namespace nf {

/// A text that profiles are made of beside the evaluated one.
struct ProfileText {
  std::string name;
  PathValue file;

  /// The file by its name: .npy holds ids, .jsonl documents under `text`, all others plain text.
  DataSource source() const;
};

/// `profile:` of an experiment: the values of weights and activations are looked at.
struct ProfileConfig {
  bool is_on = false;
  std::vector<ProfileText> texts{};   ///< in the order of the file
  std::vector<std::string> trials{};  ///< patterns of trials that are profiled, too
  std::optional<Index> context{};     ///< of the texts; that of `data` by default
  std::optional<Index> windows{};     ///< of the texts, at most; as many as `data` has by default
  ConfigNode node{};                  ///< where it stands, for errors
};
template <>
struct ConfigValue<ProfileConfig> {
  static std::optional<ProfileConfig> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const ProfileConfig& profile);
  static std::string type() {
    return "true | false | {texts: {NAME: FILE, ...}, trials: [NAME, ...], context: integer, "
           "windows: integer}";
  }
  static Json schema();
};

}  // namespace nf
