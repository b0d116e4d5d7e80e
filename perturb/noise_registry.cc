#include "perturb/noise_registry.h"

#include <algorithm>

#include "perturb/noise_entry.h"
#include "perturb/scaled_noise.h"

namespace nf {

void NoiseRegistry::add(NoiseKind kind) {
  NF_CHECK(find(kind.name) == nullptr, "noise '{}' is registered twice", kind.name);
  const auto behind = std::find_if(kinds_.begin(), kinds_.end(), [&kind](const NoiseKind& known) {
    return known.name > kind.name;
  });
  kinds_.insert(behind, std::move(kind));
}

const NoiseKind* NoiseRegistry::find(const std::string& name) const {
  for (const NoiseKind& kind : kinds_)
    if (kind.name == name) return &kind;
  return nullptr;
}

DistortionPtr NoiseRegistry::create(const ConfigNode& entry, SiteTensor tensor,
                                    const DistortionBuilder& build_reference,
                                    ConfigErrors& errors) const {
  const std::optional<ConfigNode> name = entry.find("noise");
  if (!name) {
    errors.add(entry, "required key 'noise' is missing");
    std::vector<std::string> keys = {"noise"};
    for (const NoiseKind& known : kinds_)
      for (const FieldDoc& field : known.fields) keys.push_back(field.name);
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    check_unknown_keys(entry, keys, errors, noise_other_keys());
    return nullptr;
  }
  const NoiseKind* kind = name->is_scalar() ? find(name->text()) : nullptr;
  if (kind == nullptr) {
    std::vector<Choice> words;
    for (const NoiseKind& known : kinds_) words.push_back({known.name, known.summary});
    errors.add(*name, fmt::format("unknown noise {}{}", describe(*name),
                                  choice_suggestion(name->text(), words)));
    std::vector<std::string> names;
    for (const NoiseKind& known : kinds_) names.push_back(known.name);
    kind = find(nearest_name(name->text(), names));  // whose keys can be checked all the same
    if (kind != nullptr) kind->create(entry, tensor, build_reference, errors);
    return nullptr;
  }
  return kind->create(entry, tensor, build_reference, errors);
}

void register_builtin_noises(NoiseRegistry& registry) {
  register_builtin_noise_kinds(registry);
  for (const Distribution* distribution : builtin_distributions())
    registry.add(scaled_noise_kind(*distribution));
}

}  // namespace nf
