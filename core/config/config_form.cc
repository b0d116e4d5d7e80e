#include "core/config/config_form.h"

namespace nf {

ConfigForm<std::string> one_of(const std::vector<Choice>& words) {
  return {
      .read = [words](const ConfigNode& node, ConfigErrors& errors) -> std::optional<std::string> {
        const std::optional<std::size_t> place = read_word(node, words, errors);
        if (!place) return std::nullopt;
        return words[*place].name;
      },
      .write = [](const std::string& word) { return Json(word); },
      .type = words_type(words),
      .schema = words_schema(words),
      .choices = words};
}

}  // namespace nf
