#include "eval/machine/slurm_limits.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "core/io/child_process.h"

namespace nf {
namespace {

/// Slurm's default.
constexpr Index kUsualArraySize = 1001;
constexpr double kSeconds = 20;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// "Key = value" of each line.
std::map<std::string, std::string> settings_of(std::string_view config) {
  std::map<std::string, std::string> settings;
  while (!config.empty()) {
    const std::size_t end = std::min(config.find('\n'), config.size());
    const std::string_view line = config.substr(0, end);
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos)
      settings.emplace(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
    config.remove_prefix(std::min(end + 1, config.size()));
  }
  return settings;
}

std::optional<Index> number_of(const std::map<std::string, std::string>& settings,
                               const std::string& key) {
  const auto found = settings.find(key);
  if (found == settings.end()) return std::nullopt;
  const std::string& text = found->second;
  Index number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

Index SlurmLimits::last_task() const {
  return std::max<Index>(max_array_size.value_or(kUsualArraySize) - 1, 0);
}

SlurmLimits parse_slurm_limits(std::string_view config) {
  const auto settings = settings_of(config);
  SlurmLimits limits;
  if (const auto found = settings.find("SLURM_VERSION"); found != settings.end())
    limits.version = found->second;
  limits.max_array_size = number_of(settings, "MaxArraySize");
  limits.max_job_count = number_of(settings, "MaxJobCount");
  if (const auto requeue = number_of(settings, "JobRequeue")) limits.may_requeue = *requeue != 0;
  return limits;
}

std::optional<SlurmLimits> slurm_limits(std::string& why) {
  const std::optional<ChildOutput> output = run_child({"scontrol", "show", "config"}, kSeconds);
  if (!output) {
    why = "there is no scontrol here";
    return std::nullopt;
  }
  if (output->exit_code != 0 || output->timed_out) {
    why = child_failure("scontrol", *output);
    return std::nullopt;
  }
  return parse_slurm_limits(output->out);
}

}  // namespace nf
