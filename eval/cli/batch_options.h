#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "eval/batch/launch_file.h"
#include "eval/cli/command.h"

namespace nf {

/// The arguments before "--" and those behind it.
std::pair<std::vector<std::string>, std::vector<std::string>> split_at_dashes(
    const std::vector<std::string>& arguments);

/// The flags --slurm, --parallel and --shell.
void add_launcher_flags(CommandLine& line);
/// The one of them that was given; `usual` where none was. Throws ConfigError for two, and for
/// scheduler options where the launcher is no scheduler.
Launcher launcher_option(const CommandLine& line, Launcher usual,
                         const std::vector<std::string>& scheduler_options);

/// The program as scripts call it: $NOISEFLOOR_PROGRAM, which a package with a loader of its own
/// sets, else the file that runs.
std::filesystem::path program_path();

}  // namespace nf
