#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "core/base/byte_text.h"
#include "core/base/error.h"
#include "core/config/config_value.h"
#include "core/io/atomic_file.h"
#include "core/model/decoder.h"
#include "eval/cli/command.h"
#include "eval/experiment/templates.h"
#include "eval/output/standard_streams.h"

namespace nf {
namespace {

/// Tokens in a window, where the model takes as many.
constexpr Index kContext = 512;

std::string about(const std::vector<ExperimentTemplate>& templates) {
  std::string text =
      "Prints an experiment to begin with, which runs as it is: comments say what its parts do.\n";
  for (const ExperimentTemplate& known : templates)
    text += fmt::format("\n  {:<14}{}", known.name, known.summary());
  return text;
}

/// "lens|w4"
std::string names_of(const std::vector<ExperimentTemplate>& templates) {
  std::string names;
  for (const ExperimentTemplate& known : templates)
    names += (names.empty() ? "" : "|") + known.name;
  return names;
}

const ExperimentTemplate& find_template(const std::vector<ExperimentTemplate>& templates,
                                        const std::string& name) {
  std::vector<Choice> known;
  for (const ExperimentTemplate& each : templates) {
    if (each.name == name) return each;
    known.push_back({each.name, each.summary()});
  }
  throw ConfigError(
      fmt::format("new: unknown template '{}'{}", byte_text(name), choice_suggestion(name, known)));
}

/// The tokens of a window that are asked for, which the model must take.
Index context_of(const CommandLine& line, const DecoderSpec& spec) {
  const std::optional<std::int64_t> context = line.number("context", 2);
  if (context && *context > spec.max_position_embeddings)
    throw ConfigError(fmt::format("--context: {} tokens are more than the {} positions of {}",
                                  *context, spec.max_position_embeddings,
                                  byte_text(line.text("model"))));
  return context.value_or(std::min(kContext, spec.max_position_embeddings));
}

void write_new_file(const std::filesystem::path& file, const std::string& text) {
  if (std::filesystem::exists(file))
    throw ConfigError(
        fmt::format("--out: {} is there already; choose another name", byte_text(file.string())));
  AtomicFile out(file);
  out.write(std::as_bytes(std::span(text)));
  out.commit();
}

}  // namespace

int new_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  const std::vector<ExperimentTemplate> templates = builtin_templates();
  CommandLine line(
      fmt::format("new {} --model DIR --text FILE [--context N] [--windows N] [--out FILE]",
                  names_of(templates)),
      about(templates));
  line.positional("TEMPLATE", "one of the names above")
      .required("model", "checkpoint directory")
      .required("text", "evaluation text: .txt, documents as .jsonl, or token ids as .npy")
      .option("context", fmt::format("tokens in a window; default: {}, or as many as the model "
                                     "takes where these are fewer",
                                     kContext))
      .option("windows", fmt::format("windows, from the beginning of the text; default: {}",
                                     TemplateValues{}.windows))
      .option("out", "the file to write; default: standard output, for a file in this directory");
  if (!line.parse(arguments)) return 0;
  const ExperimentTemplate& chosen = find_template(templates, line.text("TEMPLATE"));
  const std::filesystem::path model = model_directory(line);
  const std::filesystem::path out = line.has("out") ? line.text("out") : "";
  const Decoder decoder = Decoder::open(model, kinds->architectures);
  const std::string text = filled_template(
      chosen, {.model = model,
               .text = existing_file(line, "text"),
               .context = context_of(line, decoder.spec()),
               .windows = line.number("windows", 1).value_or(TemplateValues{}.windows),
               .directory = out.parent_path()});
  if (out.empty()) {
    print_out("{}", text);
    return 0;
  }
  write_new_file(out, text);
  print_out("{0}: `noisefloor plan {0}` says what it costs, `noisefloor run {0}` runs it\n",
            byte_text(out.string()));
  return 0;
}

}  // namespace nf
