#include <fmt/format.h>

#include "core/io/read_file.h"
#include "eval/cli/command.h"
#include "eval/cli/stop_signal.h"
#include "eval/metrics/metric_registry.h"
#include "eval/report/progress.h"
#include "eval/run/stage_runner.h"

namespace nf {

int perplexity_command(const std::vector<std::string>& arguments) {
  CommandLine line("perplexity --model DIR --text FILE --context N [options]",
                   "Perplexity of the untouched model on a text: non-overlapping windows of N "
                   "tokens, the first\n"
                   "token of each not scored, a tail shorter than N dropped, no special tokens.");
  line.required("model", "checkpoint directory")
      .required("text", "plain UTF-8 text")
      .required("context", "tokens in a window")
      .flag("json", "print {nll, ppl, tokens, windows, context} instead of a sentence")
      .option("threads", "threads to use; default: as many as there are")
      .flag("quiet", "no progress on stderr");
  if (!line.parse(arguments)) return 0;
  use_threads(line);
  const Index context = *line.number("context", 2);
  const std::filesystem::path dir = model_directory(line);
  ArchitectureRegistry architectures;
  register_builtin_architectures(architectures);
  Decoder decoder = Decoder::open(dir, architectures);
  if (context > decoder.spec().max_position_embeddings)
    throw ConfigError(
        fmt::format("--context: {} tokens are more than the model's max_position_embeddings {}",
                    context, decoder.spec().max_position_embeddings));
  const std::string file = existing_file(line, "text");
  const TokenWindows windows = TokenWindows::from_documents(
      {read_text_file(file)}, Tokenizer::load(dir), {.context = context}, file);

  catch_stop_signals();
  Progress progress(stderr, Progress::style_for(stderr, line.has("quiet")));
  for (const std::string& warning : windows.warnings()) progress.message("warning: " + warning);
  decoder.prepare(context);
  const std::vector<Stage> stages = cut_stages(decoder.spec(), windows, 1);
  double total = 0.0;
  for (const Stage& stage : stages) total += stage_flops(decoder.spec(), windows, stage);
  progress.start("perplexity", total, 0.0);
  const StageHooks hooks{.advance = [&](double flops) { progress.advance(flops); },
                         .should_stop = stop_requested};
  std::vector<WindowSums> scored;
  for (const Stage& stage : stages) {
    const StageResult result = run_stage(decoder, windows, stage, {}, StatsMode::none, hooks);
    scored.insert(scored.end(), result.baseline.windows.begin(), result.baseline.windows.end());
  }
  progress.finish();
  const WindowSums sums = add_up(scored);
  const MetricRegistry metrics = MetricRegistry::builtin();
  const double nll = metrics.at("nll").value(sums);
  const double ppl = metrics.at("ppl").value(sums);
  if (line.has("json"))
    fmt::print("{}\n", Json{{"nll", nll},
                            {"ppl", ppl},
                            {"tokens", sums.tokens},
                            {"windows", windows.count()},
                            {"context", context}}
                           .dump());
  else
    fmt::print("perplexity {:.4f}  ({:.5f} nats per token; {} tokens scored in {} windows of {})\n",
               ppl, nll, sums.tokens, windows.count(), context);
  return 0;
}

}  // namespace nf
