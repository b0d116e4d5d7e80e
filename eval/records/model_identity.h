#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"
#include "eval/records/calibration_identity.h"

namespace nf {

/// The model and data that a run folder belongs to. A folder with another identity is refused: its
/// numbers could not be mixed.
struct ModelIdentity {
  std::string model;       ///< name in this run
  std::string model_hash;  ///< of the checkpoint's bytes
  std::string data_hash;   ///< of the ids and windows this model sees
  Index windows = 0;       ///< of the text
  /// Number of questions of each task, in the experiment's order. Items are numbered as the
  /// windows, and behind these as the questions, task by task.
  std::vector<std::pair<std::string, Index>> questions{};
  std::vector<CalibrationIdentity> calibration{};

  Index question_count() const;
};

/// How much text and how many questions a model has. nullptr where nobody said, as in a folder of
/// an earlier version.
const ModelIdentity* find_sized_model(const std::vector<ModelIdentity>& models,
                                      const std::string& name);

/// A difference between two records of the same thing, in the words of messages.
struct StatedDifference {
  std::string what;  ///< a key of env; or "other weights or another config"
  std::string hash;  ///< of models: "model_hash", "data_hash", "windows" or "questions"
  std::string was, is;
};
/// The first difference of two models of one name; none where they are the same.
std::optional<StatedDifference> model_difference(const ModelIdentity& was, const ModelIdentity& is);
/// The key of env with the hash of what the fixed products gave.
inline constexpr const char* kEnvProducts = "products";
/// The first difference of two envs that may change bits of results; "missing" where a key stands
/// in one alone. Where both know what the fixed products gave ("products"), the names of the
/// machine's instruction set and implementation count for nothing. Where one is of an earlier
/// version, which did not know, the names are all there is.
std::optional<StatedDifference> env_difference(const Json& was, const Json& is);
inline bool same_env(const Json& a, const Json& b) { return !env_difference(a, b); }

}  // namespace nf
