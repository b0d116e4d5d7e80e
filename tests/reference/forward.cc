#include "tests/reference/forward.h"

#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <string>

#include "tests/reference/forward_parts.h"

namespace nf {

ReferenceForward reference_forward(const std::filesystem::path& dir,
                                   std::span<const std::int32_t> ids,
                                   const ReferenceStateHook& hook) {
  using Model = ReferenceForward (*)(const ReferenceWeights&, std::span<const std::int32_t>,
                                     const ReferenceStateHook&);
  const std::map<std::string, Model> models = {
      {"opt", reference_opt},     {"llama", reference_llama}, {"mistral", reference_llama},
      {"qwen2", reference_llama}, {"qwen3", reference_llama}, {"cohere", reference_cohere},
      {"gpt2", reference_gpt2},   {"bloom", reference_bloom}, {"gpt_neox", reference_gpt_neox},
  };
  const ReferenceWeights weights(dir);
  const std::string type = weights.config().at("model_type");
  const auto model = models.find(type);
  if (model == models.end())
    throw std::invalid_argument(fmt::format("no reference for model_type '{}'", type));
  return model->second(weights, ids, hook);
}

}  // namespace nf
