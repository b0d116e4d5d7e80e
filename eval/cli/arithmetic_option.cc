#include "eval/cli/arithmetic_option.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "eval/run/arithmetic_warnings.h"

namespace nf {

ModelForm arithmetic_option(const CommandLine& line) {
  const std::string word = line.has("arithmetic") ? line.text("arithmetic") : "f32";
  std::vector<std::string> known;
  for (ModelForm& form : model_forms()) {
    if (word != form.name) {
      known.push_back(form.name);
      continue;
    }
    for (const Arithmetic arithmetic : {form.blocks, form.elsewhere})
      check_arithmetic(arithmetic, "--arithmetic: " + word);
    return std::move(form);
  }
  throw ConfigError(
      fmt::format("--arithmetic: unknown '{}'{}", printable(word), suggestion(word, known)));
}

}  // namespace nf
