#include "eval/batch/scheduler_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/config/time_limit.h"
#include "eval/output/progress.h"

namespace nf {
namespace {

using Name = std::pair<const char*, char>;

/// Options that submit sets itself, with what to write instead.
constexpr std::pair<Name, const char*> kRefused[] = {
    {{"--array", 'a'}, "the shards are the array; --at-once K limits how many run at a time"},
    {{"--wrap", 0}, "the script is submit's own"},
    {{"--chdir", 'D'}, "the scripts go to the batch folder themselves"},
    {{"--wait", 'W'}, "`noisefloor status DIR --watch` waits"},
    {{"--ntasks", 'n'}, "a job of the array is one task; --shards N says how many there are"},
    {{"--test-only", 0}, "--dry-run writes everything and submits nothing"},
};

/// Options with a value of their own that are about the tasks of the shards, not about a job that
/// merges.
constexpr Name kAboutTasks[] = {{"--cpus-per-task", 'c'},
                                {"--mem", 0},
                                {"--mem-per-cpu", 0},
                                {"--time", 't'},
                                {"--time-min", 0},
                                {"--signal", 0},
                                {"--dependency", 'd'},
                                {"--nodes", 'N'},
                                {"--output", 'o'},
                                {"--error", 'e'},
                                {"--job-name", 'J'},
                                {"--gres", 0},
                                {"--nodelist", 'w'},
                                {"--mincpus", 0},
                                {"--tmp", 0},
                                {"--hint", 0},
                                {"--threads-per-core", 0},
                                {"--cores-per-socket", 0},
                                {"--sockets-per-node", 0},
                                {"--ntasks-per-node", 0},
                                {"--begin", 'b'},
                                {"--constraint", 'C'},
                                {"--gpus", 'G'}};

/// The whole number that a text is.
std::optional<double> number_of(std::string_view text) {
  unsigned number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size())
    return std::nullopt;
  return number;
}

/// A limit as sbatch reads it, in seconds, rounded up to minutes as Slurm does: M, M:S, H:M:S, D-H,
/// D-H:M, D-H:M:S; 0 and words are none. Nullopt for what it does not read.
std::optional<double> limit_of(const std::string& text) {
  constexpr double kMinute = 60.0;
  const std::optional<double> minutes = number_of(text);
  const bool has_fields = text.find_first_of(":-") != std::string::npos;
  const std::optional<double> seconds = minutes      ? *minutes * kMinute
                                        : has_fields ? parse_time_limit(text)
                                                     : std::nullopt;
  if (!seconds) return std::nullopt;
  return *seconds == 0.0 ? std::numeric_limits<double>::infinity()
                         : std::ceil(*seconds / kMinute) * kMinute;
}

/// Seconds before the end of its time at which a task is sent a signal: "B:TERM@300".
double lead_of(const std::optional<std::string>& signal) {
  constexpr double kSlurms = 60.0;
  if (!signal) return kTermLead;
  const std::size_t at = signal->find('@');
  return at == std::string::npos ? kSlurms : number_of(signal->substr(at + 1)).value_or(kSlurms);
}

}  // namespace

SchedulerOptions::SchedulerOptions(std::vector<std::string> words) : words_(std::move(words)) {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (words_[i].empty() || words_[i].find('\n') != std::string::npos)
      throw ConfigError(
          fmt::format("'{}' behind --: is no option of sbatch", printable(words_[i])));
    for (const auto& [name, instead] : kRefused)
      if (at(i, name.first, name.second))
        throw ConfigError(fmt::format("{} behind --: {}", printable(words_[i]), instead));
  }
}

std::optional<SchedulerOptions::Found> SchedulerOptions::at(std::size_t word,
                                                            const std::string& name,
                                                            char letter) const {
  const std::string& text = words_[word];
  if (text.starts_with(name + "=")) return Found{word, 1, text.substr(name.size() + 1)};
  const std::string short_name = letter == 0 ? name : std::string{'-', letter};
  if (text == name || text == short_name) {
    const bool has_value = word + 1 < words_.size() && !words_[word + 1].starts_with("-");
    return Found{word, has_value ? 2u : 1u, has_value ? words_[word + 1] : ""};
  }
  if (letter != 0 && text.starts_with(short_name) && !text.starts_with("--"))
    return Found{word, 1, text.substr(2)};
  return std::nullopt;
}

std::optional<std::string> SchedulerOptions::value(const std::string& name, char letter) const {
  std::optional<std::string> value;
  for (std::size_t i = 0; i < words_.size(); ++i)
    if (const auto found = at(i, name, letter)) value = found->value;
  return value;
}

std::optional<Index> SchedulerOptions::cpus() const {
  const std::optional<std::string> text = value("--cpus-per-task", 'c');
  if (!text) return std::nullopt;
  Index cpus = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), cpus);
  if (error != std::errc{} || end != text->data() + text->size() || cpus < 1)
    throw ConfigError(
        fmt::format("--cpus-per-task behind --: needs a whole number of at least 1, is '{}'",
                    printable(*text)));
  return cpus;
}

void SchedulerOptions::check_time_limit() const {
  const double lead = lead_of(value("--signal", 0));
  for (const auto& [name, letter] : {Name("--time", 't'), Name("--time-min", 0)}) {
    const std::optional<std::string> text = value(name, letter);
    const std::optional<double> limit = text ? limit_of(*text) : std::nullopt;
    if (limit && *limit <= lead)
      throw ConfigError(fmt::format(
          "{} behind --: '{}' is {}, and a task is told to end {} before its time is over, so that "
          "it would do nothing; give it more (a number alone is minutes), or say when it is told, "
          "as in --signal=B:TERM@30",
          name, printable(*text), duration_text(*limit), duration_text(lead)));
  }
}

std::vector<std::string> SchedulerOptions::for_merging() const {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < words_.size();) {
    std::size_t dropped = words_[i].starts_with("--exclusive") ? 1 : 0;
    for (const auto& [name, letter] : kAboutTasks)
      if (const auto found = at(i, name, letter)) dropped = found->words;
    if (dropped == 0) kept.push_back(words_[i]);
    i += std::max<std::size_t>(dropped, 1);
  }
  return kept;
}

}  // namespace nf
