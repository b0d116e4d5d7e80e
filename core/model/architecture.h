#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/checkpoint/checkpoint.h"
#include "core/model/decoder_spec.h"
#include "core/model/hf_config.h"

namespace nf {

/// A model family: one file in core/model/architectures/, named after config.json's `model_type`.
struct Architecture {
  std::string model_type;    ///< "opt"
  std::string architecture;  ///< "OPTForCausalLM"
  std::string summary;       ///< one line for `noisefloor list architectures`
  /// Throws DataError for an option that would change the numbers and is not implemented.
  std::function<DecoderSpec(const HfConfig&, const Checkpoint&)> spec;
};

/// The families a process knows. A value passed down, not a global: tests make their own.
class ArchitectureRegistry {
 public:
  /// Throws InternalError for a model_type already there.
  void add(Architecture architecture);
  /// The family of config.json's `model_type`. Throws DataError for an unknown one, naming those
  /// known.
  const Architecture& find(const HfConfig& config) const;
  const std::vector<Architecture>& all() const { return architectures_; }

 private:
  std::vector<Architecture> architectures_;
};

/// Generated from the files in core/model/architectures/.
void register_builtin_architectures(ArchitectureRegistry& registry);

/// The first of `prefixes` under which the checkpoint holds `probe` (checkpoints saved from the
/// inner model lack the outer prefix). Throws DataError naming the tensor where none does. Without
/// weights to look at it is the first of all.
std::string find_prefix(const Checkpoint& checkpoint, const std::vector<std::string>& prefixes,
                        const std::string& probe);

}  // namespace nf
