#include "eval/cli/batch_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "core/base/error.h"

namespace nf {

std::pair<std::vector<std::string>, std::vector<std::string>> split_at_dashes(
    const std::vector<std::string>& arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes == arguments.end()) return {arguments, {}};
  return {{arguments.begin(), dashes}, {std::next(dashes), arguments.end()}};
}

void add_launcher_flags(CommandLine& line) {
  line.flag("slurm", "an array of jobs for Slurm; options behind -- go to sbatch")
      .flag("parallel",
            "a list of commands, shards.txt, and a script that runs it with GNU parallel")
      .flag("shell", "a script that works on one shard after the other");
}

Launcher launcher_option(const CommandLine& line, Launcher usual,
                         const std::vector<std::string>& scheduler_options) {
  const int given =
      (line.has("slurm") ? 1 : 0) + (line.has("parallel") ? 1 : 0) + (line.has("shell") ? 1 : 0);
  if (given > 1) throw ConfigError("--slurm, --parallel and --shell: one of them alone");
  const Launcher launcher = line.has("slurm")      ? Launcher::slurm
                            : line.has("parallel") ? Launcher::parallel
                            : line.has("shell")    ? Launcher::shell
                                                   : usual;
  if (launcher != Launcher::slurm && !scheduler_options.empty())
    throw ConfigError(fmt::format("options behind -- are for sbatch, and --{} calls none",
                                  launcher_name(launcher)));
  return launcher;
}

std::filesystem::path program_path() {
  if (const char* const given = std::getenv("NOISEFLOOR_PROGRAM"); given != nullptr && *given != 0)
    return std::filesystem::absolute(given);
  return std::filesystem::read_symlink("/proc/self/exe");
}

}  // namespace nf
