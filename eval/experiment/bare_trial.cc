#include "eval/experiment/bare_trial.h"

#include <cctype>

#include "core/config/yaml_writer.h"
#include "eval/experiment/meant_shorthand.h"
#include "eval/experiment/quantizer_words.h"
#include "eval/experiment/shorthand.h"
#include "eval/experiment/shorthand_text.h"

namespace nf {

void refuse_bare_trial(const ConfigNode& text, const Kinds& kinds, ConfigErrors& errors) {
  ConfigErrors none;
  std::string meant =
      expand_shorthand(text, kinds, none) ? text.text() : meant_shorthand(text.text(), kinds);
  if (meant.empty()) meant = "W4";
  const bool is_quantizer = is_quantizer_text(meant);
  std::string name;
  for (const std::string& word : split_words(meant))
    if (is_quantizer || kinds.noises.find(word) != nullptr)
      name += (name.empty() ? "" : "-") + word;
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const Json trial = {{"name", name}, {is_quantizer ? "quantize" : "perturb", meant}};
  add_unreadable(text, "a mapping", "write " + to_flow_yaml(trial), errors);
}

}  // namespace nf
