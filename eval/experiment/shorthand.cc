#include "eval/experiment/shorthand.h"

#include <fmt/format.h>

#include "eval/experiment/meant_shorthand.h"
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

/// What `read` makes of the text. A text that it cannot read is told with the one that was meant,
/// where there is one, instead of the first word in it that is wrong.
auto read_or_correct(const ConfigNode& text, const Kinds& kinds, ConfigErrors& errors,
                     const auto& read) {
  ConfigErrors found;
  auto result = read(text, found);
  if (found.empty()) return result;
  const std::string meant = meant_shorthand(text.text(), kinds);
  ConfigErrors of_meant;
  if (!meant.empty()) read(ConfigNode::scalar(meant, false, text.place()), of_meant);
  if (meant.empty() || !of_meant.empty()) return read(text, errors);
  errors.add(text, fmt::format("cannot read '{}'; write {}", text.text(), meant));
  return decltype(result)();
}

}  // namespace

std::optional<std::vector<ConfigNode>> expand_shorthand(const ConfigNode& text, const Kinds& kinds,
                                                        ConfigErrors& errors) {
  if (is_blank(text, errors)) return std::nullopt;
  return read_or_correct(text, kinds, errors, [&](const ConfigNode& of, ConfigErrors& found) {
    if (is_quantizer_text(of.text())) return expand_quantizer_entries(of, found);
    std::optional<ConfigNode> noise = expand_noise(of, kinds, found);
    return noise ? std::optional(std::vector<ConfigNode>{*noise}) : std::nullopt;
  });
}

std::optional<ConfigNode> expand_referred(const ConfigNode& text, SiteTensor tensor,
                                          const Kinds& kinds, ConfigErrors& errors) {
  if (is_blank(text, errors)) return std::nullopt;
  return read_or_correct(text, kinds, errors, [&](const ConfigNode& of, ConfigErrors& found) {
    return is_quantizer_text(of.text()) ? expand_quantizer(of, tensor, found)
                                        : expand_referred_noise(of, tensor, kinds, found);
  });
}

}  // namespace nf
