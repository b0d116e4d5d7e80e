#include <fmt/format.h>

#include <filesystem>

#include "core/base/byte_text.h"
#include "core/base/json.h"
#include "eval/cli/command.h"
#include "eval/cli/stop_signal.h"
#include "eval/output/standard_streams.h"
#include "eval/records/file_names.h"
#include "eval/records/run_folder.h"
#include "eval/run/run_experiment.h"
#include "eval/tables/profile_table.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// A text behind --text: FILE or NAME=FILE.
struct NamedText {
  std::string name;
  fs::path file;
};

NamedText named_text(const std::string& word) {
  NamedText text{"", word};
  const std::size_t at = word.find('=');
  // A file may have a '=' in its name, too.
  if (!fs::exists(word) && at != std::string::npos && at > 0)
    text = {word.substr(0, at), word.substr(at + 1)};
  if (!fs::is_regular_file(text.file))
    throw ConfigError(fmt::format("--text: no such file: {}", text.file.string()));
  if (text.name.empty()) {
    fs::path stem = text.file.stem();
    if (text.file.extension() == ".gz") stem = stem.stem();
    text.name = byte_text(stem.string());
  }
  text.file = fs::absolute(text.file).lexically_normal();
  return text;
}

const char* key_of(const fs::path& file) {
  const fs::path name = file.extension() == ".gz" ? file.stem() : file;
  return name.extension() == ".npy" ? "ids" : name.extension() == ".jsonl" ? "jsonl" : "text";
}

/// The experiment that looks at one model on these texts.
ExperimentSource experiment_of(const fs::path& model, const std::vector<NamedText>& texts,
                               Index context, Index windows) {
  Json profile = Json::object();
  for (std::size_t i = 1; i < texts.size(); ++i) {
    if (profile["texts"].contains(texts[i].name))
      throw ConfigError(
          fmt::format("--text: two texts are called '{}'; write NAME=FILE", texts[i].name));
    profile["texts"][texts[i].name] = byte_text(texts[i].file.string());
  }
  const fs::path whole = fs::weakly_canonical(model);
  const std::string name =
      byte_text((whole.has_filename() ? whole : whole.parent_path()).filename().string());
  const Json experiment = {{"experiment", "profile-" + name},
                           {"model", byte_text(whole.string())},
                           {"data",
                            {{key_of(texts.front().file), byte_text(texts.front().file.string())},
                             {"context", context},
                             {"windows", windows}}},
                           {"floor", false},
                           {"profile", profile.empty() ? Json(true) : profile},
                           {"trials", Json::array()}};
  const std::string here = fs::current_path().string();
  // JSON is YAML.
  return {experiment.dump(2) + '\n', "profile", here, {}, here};
}

void print_profiles(const fs::path& dir) {
  const std::vector<TrialProfile> profiles = read_profiles(RunFolder::read_description(dir).dir);
  if (profiles.empty())
    throw ConfigError(fmt::format(
        "{}: nobody has looked at values there; add `profile: true` to its experiment and run it "
        "again",
        dir.string()));
  print_out("{}", profile_text(profiles, terminal_columns()));
}

}  // namespace

int profile_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line(
      "profile RUN | --model DIR --text FILE [--text NAME=FILE ...] [options]",
      "The values of a model's weights, inputs of linears, caches and residual stream: how large "
      "they\n"
      "are, which channels and positions stand out, what one range for a whole tensor loses, "
      "which\n"
      "weights alone make an outlying output. Several texts, languages for instance, side by "
      "side.\n"
      "With a run folder whose experiment has `profile:` it prints what is known there; else it "
      "passes\n"
      "the untouched model once over each text and leaves profiles.csv in a run folder.");
  line.positional("RUN", "a run folder whose experiment has `profile:`", /*optional=*/true)
      .option("model", "checkpoint directory")
      .repeated("text",
                "FILE or NAME=FILE: plain text, .jsonl or .npy with ids, may be .gz; may be "
                "repeated. The first one is called data")
      .option("context", "tokens in a window; default 512, or what the model takes")
      .option("windows", "at most that many windows of each text; default 16")
      .option("out", "run folder; default runs/profile-MODEL")
      .option("memory", "memory to stay within, e.g. 4GiB; default: most of what is free")
      .option("threads", "threads to use; default: as many as it may use")
      .flag("quiet", "no progress and no warnings on stderr");
  if (!line.parse(arguments)) return 0;
  use_threads(line);
  if (line.has("RUN")) {
    if (line.has("model") || line.has("text"))
      throw ConfigError("takes a run folder, or --model and --text");
    print_profiles(line.text("RUN"));
    return 0;
  }
  if (!line.has("model") || !line.has("text"))
    throw ConfigError("needs a run folder, or --model and --text");
  const fs::path model = model_directory(line);
  std::vector<NamedText> texts;
  for (const std::string& word : line.texts("text")) texts.push_back(named_text(word));
  constexpr Index kContext = 512, kWindows = 16;
  const Index most = Decoder::open(model, kinds->architectures).spec().max_position_embeddings;
  const Index context = line.number("context", 2).value_or(std::min(kContext, most));
  if (context > most)
    throw ConfigError(
        fmt::format("--context: {} tokens are more than the model's max_position_embeddings {}",
                    context, most));
  Experiment experiment = Experiment::load(
      experiment_of(model, texts, context, line.number("windows", 1).value_or(kWindows)), kinds);
  const fs::path out = line.has("out") ? fs::path(line.text("out"))
                                       : fs::path("runs") / experiment.config.experiment;
  const RunOptions options{.out = out,
                           .memory = memory_option(line),
                           .command = command_text("profile", arguments),
                           .hashes = PieceHashCache::of_user(true),
                           .begin_work = [](double) { catch_stop_signals(); },
                           .should_stop = stop_requested};
  Progress progress(stderr, Progress::style_for(stderr, line.has("quiet")));
  const RunOutcome outcome = run_experiment(experiment, options, progress);
  if (outcome.interrupted) {
    print_err("interrupted; the same command goes on\n");
    return static_cast<int>(ExitCode::interrupted);
  }
  print_profiles(out);
  print_out("\n{}: {}\n", out.string(), kProfilesCsv);
  return static_cast<int>(ExitCode::ok);
}

}  // namespace nf
