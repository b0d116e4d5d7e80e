#include "eval/cli/command.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "core/base/byte_text.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/suggest.h"
#include "core/config/byte_size.h"
#include "core/config/duration.h"
#include "core/config/time_limit.h"
#include "eval/cli/enum_option.h"
#include "eval/experiment/missing_model.h"
#include "eval/output/standard_streams.h"

namespace nf {

namespace po = boost::program_options;

namespace {

/// Where help_of() waits for a command's table: only the command itself knows it.
CommandHelp* asked_help = nullptr;

void print_help(const CommandHelp& help) {
  print_out("usage: noisefloor {}\n\n{}\n", help.usage, help.about);
  for (const auto& word : help.words) print_out("\n  {:<22}{}", word.name, word.help);
  if (!help.words.empty()) print_out("\n");
  std::string lines;
  for (const auto& option : help.options)
    lines += fmt::format("  --{:<20}{}\n", option.name + (option.takes_value ? " VALUE" : ""),
                         option.help);
  print_out("\n{}", lines);
}

}  // namespace

CommandHelp help_of(const Command& command) {
  CommandHelp help;
  asked_help = &help;
  command.run({}, nullptr);
  asked_help = nullptr;
  return help;
}

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"new", "an experiment to begin with, printed or written", new_command},
      {"run", "run an experiment, or go on with one", run_command},
      {"plan", "what a run would cost and could show, before it begins", plan_command},
      {"verify", "re-run records of a run folder and compare them bit for bit", verify_command},
      {"check", "validate an experiment and say what each trial does; reads no weights",
       check_command},
      {"show", "the results of a run folder, chosen and sorted", show_command},
      {"report", "one page of HTML to read and pass on: answers, figures, data", report_command},
      {"compare", "whether trials of a run folder differ from each other", compare_command},
      {"league", "which property of a perturbation predicts its damage", league_command},
      {"law", "a law of damage, fitted to noise and held against quantizers", law_command},
      {"allocate", "bits for each weight by such a law, and the experiment that tests them",
       allocate_command},
      {"submit", "cut an experiment into shards and start them on a cluster", submit_command},
      {"status", "how the shards of a submitted experiment stand", status_command},
      {"resubmit", "submit those of them that are missing", resubmit_command},
      {"merge", "join the folders of runs, shards for instance, to one", merge_command},
      {"doctor", "whether this machine and a folder on it are fit for workers", doctor_command},
      {"export", "a run folder as SQLite or CSV", export_command},
      {"perplexity", "perplexity of a model on a text", perplexity_command},
      {"bench", "tokens a second of a model in f32, bf16 and integers", bench_command},
      {"profile", "the values of a model: outliers by channel and position, texts side by side",
       profile_command},
      {"logits", "logits of given token ids, as .npy", logits_command},
      {"tokenize", "token ids of texts, as JSON lines", tokenize_command},
      {"list",
       "noises, quantizers, twins, metrics, predictors, architectures, examples, a model's sites",
       list_command},
      {"describe", "man page, completions for bash and zsh", describe_command, true},
  };
  return all;
}

CommandLine::CommandLine(std::string usage, std::string about)
    : usage_(std::move(usage)), about_(std::move(about)), options_("options") {
  options_.add_options()("help,h", "print this and exit");
}

CommandLine& CommandLine::positional(const std::string& name, const std::string& help,
                                     bool optional) {
  words_.add_options()(name.c_str(), po::value<std::string>(), help.c_str());
  order_.add(name.c_str(), 1);
  if (!optional) required_.push_back(name);
  return *this;
}

CommandLine& CommandLine::positionals(const std::string& name, const std::string& help,
                                      bool optional) {
  words_.add_options()(name.c_str(), po::value<std::vector<std::string>>(), help.c_str());
  order_.add(name.c_str(), -1);
  if (!optional) required_.push_back(name);
  return *this;
}

CommandLine& CommandLine::flag(const std::string& name, const std::string& help) {
  options_.add_options()(name.c_str(), help.c_str());
  return *this;
}

CommandLine& CommandLine::option(const std::string& name, const std::string& help) {
  options_.add_options()(name.c_str(), po::value<std::string>()->value_name("VALUE"), help.c_str());
  return *this;
}

CommandLine& CommandLine::required(const std::string& name, const std::string& help) {
  required_.push_back(name);
  return option(name, help);
}

CommandLine& CommandLine::repeated(const std::string& name, const std::string& help) {
  options_.add_options()(name.c_str(),
                         po::value<std::vector<std::string>>()->composing()->value_name("VALUE"),
                         help.c_str());
  return *this;
}

std::vector<std::string> CommandLine::option_names() const {
  std::vector<std::string> names;
  for (const auto& option : options_.options()) names.push_back("--" + option->long_name());
  return names;
}

CommandHelp CommandLine::help() const {
  CommandHelp help{.usage = usage_, .about = about_};
  for (const auto& word : words_.options())
    help.words.push_back({word->long_name(), word->description()});
  for (const auto& option : options_.options())
    help.options.push_back({.name = option->long_name(),
                            .help = option->description(),
                            .takes_value = option->semantic()->max_tokens() > 0,
                            .repeats = option->semantic()->is_composing()});
  return help;
}

bool CommandLine::parse(const std::vector<std::string>& arguments) {
  if (asked_help != nullptr) {
    *asked_help = help();
    return false;
  }
  po::options_description all;
  all.add(options_).add(words_);
  // No guessing: "--thread" is a mistake to be told, not an abbreviation.
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  const std::string see =
      fmt::format("; see 'noisefloor {} --help'", usage_.substr(0, usage_.find(' ')));
  try {
    po::store(po::command_line_parser(arguments).options(all).positional(order_).style(style).run(),
              values_);
  } catch (const po::unknown_option& error) {
    throw ConfigError(fmt::format("unknown option '{}'{}", error.get_option_name(),
                                  suggestion(error.get_option_name(), option_names())));
  } catch (const po::error& error) {
    throw ConfigError(fmt::format("{}{}", error.what(), see));
  }
  if (has("help")) {
    print_help(help());
    return false;
  }
  for (const std::string& name : required_) {
    if (has(name)) continue;
    const bool is_option = options_.find_nothrow(name, false) != nullptr;
    throw ConfigError(fmt::format("{}{} is missing{}", is_option ? "--" : "", name, see));
  }
  return true;
}

bool CommandLine::knows(const std::string& name) const {
  return options_.find_nothrow(name, /*approx=*/false) != nullptr;
}

std::vector<std::string> CommandLine::texts(const std::string& name) const {
  return has(name) ? values_[name].as<std::vector<std::string>>() : std::vector<std::string>();
}

std::optional<std::int64_t> CommandLine::number(const std::string& name, std::int64_t least) const {
  if (!has(name)) return std::nullopt;
  const std::string value = text(name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size() || number < least)
    throw ConfigError(
        fmt::format("--{}: needs a whole number of at least {}, is '{}'", name, least, value));
  return number;
}

std::string command_text(const std::string& name, const std::vector<std::string>& arguments) {
  std::string line = "noisefloor " + name;
  for (const std::string& argument : arguments) line += " " + argument;
  return byte_text(line);
}

std::filesystem::path model_directory(const CommandLine& line) {
  std::filesystem::path dir = line.text("model");
  if (!std::filesystem::is_directory(dir))
    throw ConfigError("--model: " + why_no_model(line.text("model"), dir));
  return dir;
}

std::string existing_file(const CommandLine& line, const std::string& option) {
  std::string file = line.text(option);
  if (std::filesystem::is_directory(file))
    throw ConfigError(fmt::format("--{}: is a folder, not a file: {}", option, file));
  if (!std::filesystem::exists(file))
    throw ConfigError(fmt::format("--{}: no such file: {}", option, file));
  return file;
}

void print_warnings(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) print_err("warning: {}\n", warning);
}

std::optional<Index> memory_option(const CommandLine& line) {
  if (!line.has("memory")) return std::nullopt;
  const std::string text = line.text("memory");
  const std::optional<ByteSize> size = parse_byte_size(text);
  if (!size) throw ConfigError("--memory: " + unreadable_byte_size(fmt::format("'{}'", text)));
  return size->bytes;
}

std::optional<double> save_every_option(const CommandLine& line) {
  if (!line.has("save-every")) return std::nullopt;
  const std::string text = line.text("save-every");
  const std::optional<double> seconds = parse_duration(text);
  if (!seconds)
    throw ConfigError(fmt::format(
        "--save-every: cannot read '{}' as a time; write 60s, 2m, 1h, or 0 for never", text));
  return seconds;
}

std::optional<double> max_time_option(const CommandLine& line) {
  if (!line.has("max-time")) return std::nullopt;
  const std::string text = line.text("max-time");
  const std::optional<double> seconds = parse_time_limit(text);
  if (!seconds || *seconds <= 0.0)
    throw ConfigError(fmt::format(
        "--max-time: cannot read '{}' as a time; write 3:50:00, 1-12:00:00, 90m or 2h", text));
  return seconds;
}

Shard shard_option(const CommandLine& line) {
  if (!line.has("shard")) {
    for (const char* option : {"by", "rates"})
      if (line.has(option))
        throw ConfigError(fmt::format("--{}: is of a shard; say which with --shard I/N{}", option,
                                      line.knows("shards") ? ", or how many with --shards N" : ""));
    return {};
  }
  const std::string text = line.text("shard");
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  const bool has_slash = index.ec == std::errc{} && index.ptr != end && *index.ptr == '/';
  const auto count = std::from_chars(has_slash ? index.ptr + 1 : end, end, shard.count);
  if (!has_slash || count.ec != std::errc{} || count.ptr != end || shard.index < 1 ||
      shard.index > shard.count)
    throw ConfigError(fmt::format(
        "--shard: needs I/N with 1 <= I <= N, such as 2/8 for the second of eight, is '{}'", text));
  --shard.index;
  shard.by = by_option(line);
  shard.rates = rates_option(line).value_or(WorkRates{});
  return shard;
}

ShardBy by_option(const CommandLine& line) {
  static constexpr std::pair<const char*, ShardBy> kNames[] = {
      {"trials", ShardBy::trials}, {"text", ShardBy::text}, {"both", ShardBy::both}};
  return enum_option(line, "by", kNames, ShardBy::trials);
}

std::optional<WorkRates> rates_option(const CommandLine& line) {
  if (!line.has("rates")) return std::nullopt;
  return WorkRates::of_file(existing_file(line, "rates"));
}

std::vector<std::string> list_option(const CommandLine& line, const std::string& name) {
  std::vector<std::string> parts;
  if (!line.has(name)) return parts;
  const std::string text = line.text(name);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    if (parts.back().empty())
      throw ConfigError(fmt::format("--{}: needs names with a comma between, is '{}'", name, text));
    begin = end + 1;
  }
  return parts;
}

TableFormat format_option(const CommandLine& line) {
  return line.has("format") ? parse_table_format(line.text("format")) : TableFormat::table;
}

Index terminal_columns() {
  constexpr Index kMost = 10'000;
  if (const char* const text = std::getenv("COLUMNS")) {
    Index columns = 0;
    const char* const end = text + std::string_view(text).size();
    const auto read = std::from_chars(text, end, columns);
    if (read.ec == std::errc{} && read.ptr == end && columns > 0) return std::min(columns, kMost);
  }
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void use_threads(const CommandLine& line) {
  plan_threads(line);
  if (thread_count() > most_threads())
    throw ConfigError(fmt::format(
        "--threads: {} are more than {}, four for each core of this machine; `noisefloor plan` "
        "takes any number",
        thread_count(), most_threads()));
}

void plan_threads(const CommandLine& line) {
  const std::optional<std::int64_t> threads = line.number("threads", 1);
  if (!threads) return;
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  if (*threads > kMost)
    throw ConfigError(fmt::format("--threads: {} are more than {}", *threads, kMost));
  set_thread_count(*threads);
}

}  // namespace nf
