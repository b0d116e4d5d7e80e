#include "core/model/architecture.h"

#include "core/base/check.h"
#include "core/base/suggest.h"

namespace nf {

void ArchitectureRegistry::add(Architecture architecture) {
  for (const Architecture& known : architectures_)
    NF_CHECK(known.model_type != architecture.model_type, "{} registered twice", known.model_type);
  architectures_.push_back(std::move(architecture));
}

const Architecture& ArchitectureRegistry::find(const HfConfig& config) const {
  const std::string model_type = config.text_or("model_type", "");
  std::vector<std::string> known;
  for (const Architecture& architecture : architectures_) {
    if (architecture.model_type == model_type) return architecture;
    known.push_back(architecture.model_type);
  }
  throw DataError(fmt::format("{}: model_type: '{}' is not supported{}", config.file(), model_type,
                              suggestion(model_type, known)));
}

std::string find_prefix(const Checkpoint& checkpoint, const std::vector<std::string>& prefixes,
                        const std::string& probe) {
  if (checkpoint.names().empty()) return prefixes.front();  // Checkpoint::without_weights
  for (const std::string& prefix : prefixes)
    if (checkpoint.has(prefix + probe)) return prefix;
  for (const std::string& prefix : prefixes)
    if (checkpoint.broken().contains(prefix + probe)) return prefix;
  checkpoint.info(prefixes.front() + probe);  // throws, naming the tensor and its nearest neighbour
  return prefixes.front();
}

}  // namespace nf
