#include "eval/experiment/shorthand.h"

#include "eval/experiment/noise_words.h"
#include "eval/experiment/quantizer_words.h"
#include "eval/experiment/shorthand_text.h"

namespace nf {
namespace {

bool is_blank(const ConfigNode& text, ConfigErrors& errors) {
  if (!split_words(text.text()).empty()) return false;
  errors.add(text, "is empty; write an entry, or a shorthand such as 'W4A8 g64'");
  return true;
}

}  // namespace

std::optional<std::vector<ConfigNode>> expand_shorthand(const ConfigNode& text, const Kinds& kinds,
                                                        ConfigErrors& errors) {
  if (is_blank(text, errors)) return std::nullopt;
  if (is_quantizer_text(text.text())) return expand_quantizer_entries(text, errors);
  std::optional<ConfigNode> noise = expand_noise(text, kinds, errors);
  return noise ? std::optional(std::vector<ConfigNode>{*noise}) : std::nullopt;
}

std::optional<ConfigNode> expand_referred(const ConfigNode& text, SiteTensor tensor,
                                          const Kinds& kinds, ConfigErrors& errors) {
  if (is_blank(text, errors)) return std::nullopt;
  return is_quantizer_text(text.text()) ? expand_quantizer(text, tensor, errors)
                                        : expand_referred_noise(text, tensor, kinds, errors);
}

}  // namespace nf
