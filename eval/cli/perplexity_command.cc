#include <fmt/format.h>

#include <cmath>

#include "core/base/counted.h"
#include "eval/cli/arithmetic_option.h"
#include "eval/cli/command.h"
#include "eval/cli/stop_signal.h"
#include "eval/experiment/data_config.h"
#include "eval/metrics/metric_registry.h"
#include "eval/output/standard_streams.h"
#include "eval/run/perplexity.h"

namespace nf {
namespace {

/// An option with one of an enum's names, or the default.
template <class E>
E choice(const CommandLine& line, const std::string& option, E otherwise) {
  if (!line.has(option)) return otherwise;
  const std::string word = line.text(option);
  std::vector<std::string> names;
  for (const EnumName<E>& entry : EnumNames<E>::table) {
    if (word == entry.name) return entry.value;
    names.emplace_back(entry.name);
  }
  throw ConfigError(
      fmt::format("--{}: unknown value '{}'{}", option, word, suggestion(word, names)));
}

DataSource data_source(const CommandLine& line) {
  if (line.has("text") + line.has("jsonl") + line.has("ids") != 1)
    throw ConfigError("needs exactly one of: --text, --jsonl, --ids");
  if (line.has("field") && !line.has("jsonl")) throw ConfigError("--field: only goes with --jsonl");
  using Kind = DataSource::Kind;
  if (line.has("ids")) return {.kind = Kind::ids, .file = existing_file(line, "ids")};
  if (line.has("text")) return {.kind = Kind::text, .file = existing_file(line, "text")};
  return {.kind = Kind::jsonl,
          .file = existing_file(line, "jsonl"),
          .field = line.has("field") ? line.text("field") : "text"};
}

WindowOptions window_options(const CommandLine& line, const DecoderSpec& spec) {
  const WindowOptions options{.context = *line.number("context", 2),
                              .limit = line.number("windows", 1),
                              .convention = choice(line, "convention", Convention::window),
                              .stride = line.number("stride", 1),
                              .bos = choice(line, "bos", Bos::none)};
  if (const std::optional<WindowOptionsError> error = find_error(options))
    throw ConfigError(fmt::format("--{}: {}", error->option, error->cause));
  if (options.context > spec.max_position_embeddings)
    throw ConfigError(
        fmt::format("--context: {} tokens are more than the model's max_position_embeddings {}",
                    options.context, spec.max_position_embeddings));
  if (options.bos != Bos::none) spec.check_bos();
  if (options.bos != Bos::none && !spec.bos_token_id)
    throw ConfigError("--bos: the model has no bos_token_id in config.json");
  return options;
}

void print_json(const TextSums& text, const MetricRegistry& metrics, const WindowOptions& options,
                const std::string& convention) {
  Json json = {{"nll", metrics.at("nll").value(text)}, {"ppl", metrics.at("ppl").value(text)},
               {"tokens", text.sums.tokens},           {"windows", text.windows},
               {"context", options.context},           {"convention", convention}};
  if (options.convention == Convention::strided) json["stride"] = options.effective_stride();
  json["bits_per_byte"] = metrics.at("bits_per_byte").value(text);  // null where not known
  print_out("{}\n", json.dump());
}

void print_sentence(const TextSums& text, const MetricRegistry& metrics,
                    const WindowOptions& options, const std::string& convention) {
  const double bits_per_byte = metrics.at("bits_per_byte").value(text);
  print_out("perplexity {:.4f}  ({:.5f} nats per token{}; {} scored in {} of {}{}; {})\n",
            metrics.at("ppl").value(text), metrics.at("nll").value(text),
            std::isnan(bits_per_byte) ? "" : fmt::format(", {:.5f} bits per byte", bits_per_byte),
            counted(text.sums.tokens, "token"), counted(text.windows, "window"), options.context,
            options.convention == Convention::strided
                ? fmt::format(", stride {}", options.effective_stride())
                : "",
            convention);
}

}  // namespace

int perplexity_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line("perplexity --model DIR (--text | --jsonl | --ids) FILE --context N [options]",
                   "Perplexity of the untouched model on a text. Convention window: "
                   "non-overlapping windows of N\n"
                   "tokens, the first token of each not scored, a tail shorter than N dropped. "
                   "docs/experiment.md\n"
                   "explains the others; no special tokens unless --bos asks.");
  line.required("model", "checkpoint directory")
      .option("text", "plain UTF-8 text; may be .gz")
      .option("jsonl", "JSON lines, one document a line, windowed apart; may be .gz")
      .option("field", "key of the text in each JSON line; default: text")
      .option("ids", "token ids as .npy, [N] or [documents, N]; needs no tokenizer")
      .required("context", "tokens in a window")
      .option("windows", "at most that many windows, from the start")
      .option("convention", "window (default), strided or llama.cpp")
      .option("stride", "tokens from one strided window to the next; default: half the context")
      .option("bos", "where a beginning-of-text token goes: none (default), document, window")
      .flag("json",
            "print {nll, ppl, tokens, windows, context, convention, bits_per_byte} instead of a "
            "sentence")
      .option("arithmetic", kArithmeticHelp)
      .option("memory", "memory to stay within, e.g. 4GiB; default: most of what is free")
      .option("threads", "threads to use; default: as many as it may use")
      .flag("quiet", "no progress and no warnings on stderr");
  if (!line.parse(arguments)) return 0;
  use_threads(line);
  const std::optional<Index> given_memory = memory_option(line);
  const std::filesystem::path dir = model_directory(line);
  const DataSource source = data_source(line);
  Decoder decoder = Decoder::open(dir, kinds->architectures);
  set_arithmetic(line, decoder);
  const WindowOptions options = window_options(line, decoder.spec());
  const TokenWindows windows = read_windows(source, options, dir, decoder.spec());

  catch_stop_signals();
  Progress progress(stderr, Progress::style_for(stderr, line.has("quiet")));
  for (const std::string& warning : decoder.warnings()) progress.message("warning: " + warning);
  for (const std::string& warning : windows.warnings()) progress.message("warning: " + warning);
  const TextSums text = measure_perplexity(decoder, windows, MemoryBudget::of(given_memory),
                                           stop_requested, progress);
  if (line.has("json"))
    print_json(text, kinds->metrics, options, windows.convention());
  else
    print_sentence(text, kinds->metrics, options, windows.convention());
  return 0;
}

}  // namespace nf
