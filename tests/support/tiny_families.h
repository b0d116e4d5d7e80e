#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/support/tiny_model.h"

namespace nf {

/// A tiny model of every family, and of every form of block that a family has.
inline const std::map<std::string, std::function<TinyModel()>>& tiny_families() {
  static const std::map<std::string, std::function<TinyModel()>> families = {
      {"opt", [] { return tiny_opt(); }},
      {"opt_350m", [] { return tiny_opt_350m(); }},
      {"llama", [] { return tiny_llama(); }},
      {"mistral", [] { return tiny_mistral(); }},
      {"cohere", [] { return tiny_cohere({.qk_norms = true}); }},
      {"bloom", [] { return tiny_bloom(); }},
      {"bloom_from_norm",
       [] {
         TinyModel model = tiny_bloom();
         model.config["apply_residual_connection_post_layernorm"] = true;
         return model;
       }},
      {"gpt2", [] { return tiny_gpt2(); }},
      {"gpt_neox", [] { return tiny_gpt_neox(); }},
      {"qwen2", [] { return tiny_qwen2(); }},
      {"qwen3", [] { return tiny_qwen3(); }},
  };
  return families;
}

inline std::vector<std::string> tiny_family_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : tiny_families()) names.push_back(name);
  return names;
}

}  // namespace nf
