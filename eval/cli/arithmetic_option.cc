#include "eval/cli/arithmetic_option.h"

#include <fmt/format.h>

#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "eval/run/arithmetic_warnings.h"

namespace nf {

void set_arithmetic(const CommandLine& line, Decoder& decoder) {
  const std::string word = line.has("arithmetic") ? line.text("arithmetic") : "f32";
  std::vector<std::string> known;
  for (const ModelForm& form : model_forms()) {
    if (word != form.name) {
      known.push_back(form.name);
      continue;
    }
    const std::string place = "--arithmetic: " + word;
    for (const Arithmetic arithmetic : {form.blocks, form.elsewhere})
      check_arithmetic(arithmetic, place);
    form.set(decoder, place);
    return;
  }
  throw ConfigError(
      fmt::format("--arithmetic: unknown '{}'{}", printable(word), suggestion(word, known)));
}

}  // namespace nf
