#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "eval/cli/command_help.h"
#include "eval/experiment/kinds.h"
#include "eval/output/table_format.h"
#include "eval/plan/shard.h"

namespace nf {

/// One word of the command line: `noisefloor <name> ...`.
struct Command {
  std::string name;
  std::string summary;  ///< one line
  /// Takes the arguments behind the name, returns the exit code; throws what main() turns into one.
  int (*run)(const std::vector<std::string>& arguments, const KindsPtr& kinds);
  bool is_hidden = false;  ///< not in --help: of use while the program is installed only
};

/// All commands, in the order of `noisefloor --help`.
const std::vector<Command>& commands();

/// The help of a command, without running it.
CommandHelp help_of(const Command& command);

int new_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int run_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int plan_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int verify_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int check_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int submit_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int status_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int resubmit_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int merge_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int compare_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int league_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int law_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int allocate_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int report_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int show_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int doctor_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int export_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int logits_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int tokenize_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int bench_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int perplexity_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int profile_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int list_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);
int describe_command(const std::vector<std::string>& arguments, const KindsPtr& kinds);

/// The arguments of one command: described once, parsed and explained from the same place.
class CommandLine {
 public:
  /// `usage`: the text behind "usage: noisefloor ". `about`: a paragraph for --help.
  CommandLine(std::string usage, std::string about);

  /// A word without dashes. Required unless `optional`.
  CommandLine& positional(const std::string& name, const std::string& help, bool optional = false);
  /// One or more words without dashes, behind the others; or none, where `optional`.
  CommandLine& positionals(const std::string& name, const std::string& help, bool optional = false);
  CommandLine& flag(const std::string& name, const std::string& help);
  CommandLine& option(const std::string& name, const std::string& help);
  CommandLine& required(const std::string& name, const std::string& help);
  CommandLine& repeated(const std::string& name, const std::string& help);

  /// The text that --help prints.
  CommandHelp help() const;

  /// False when --help was asked for and printed, or help_of() asks. Throws ConfigError.
  bool parse(const std::vector<std::string>& arguments);

  /// Whether the command has such an option.
  bool knows(const std::string& name) const;
  bool has(const std::string& name) const { return values_.count(name) > 0; }
  std::string text(const std::string& name) const { return values_[name].as<std::string>(); }
  std::vector<std::string> texts(const std::string& name) const;
  /// A whole number of at least `least`; nullopt where the option was not given.
  std::optional<std::int64_t> number(const std::string& name, std::int64_t least) const;

 private:
  std::vector<std::string> option_names() const;

  std::string usage_, about_;
  boost::program_options::options_description options_, words_;
  boost::program_options::positional_options_description order_;
  std::vector<std::string> required_;
  boost::program_options::variables_map values_;
};

/// The flag --rehash, of the commands that trust hashes of models' files.
inline constexpr const char* kRehashHelp =
    "read the models' files to the end again; what is known of one is trusted otherwise, while its "
    "path, size, mtime, ctime and inode are the same";

/// "noisefloor <name> <arguments>" as byte_text(), for a manifest.
std::string command_text(const std::string& name, const std::vector<std::string>& arguments);
/// The directory behind --model: must be there (ConfigError).
std::filesystem::path model_directory(const CommandLine& line);
/// The file behind an option: must be there (ConfigError).
std::string existing_file(const CommandLine& line, const std::string& option);
/// A line for each on stderr.
void print_warnings(const std::vector<std::string>& warnings);
/// Bytes behind --memory (ConfigError), nullopt where it was not given.
std::optional<Index> memory_option(const CommandLine& line);
/// Seconds behind --save-every, 0 where the work is not to be cut (ConfigError); nullopt where it
/// was not given.
std::optional<double> save_every_option(const CommandLine& line);
/// Seconds behind --max-time (ConfigError); nullopt where it was not given.
std::optional<double> max_time_option(const CommandLine& line);
/// The help of --trials.
inline constexpr const char* kTrialsHelp =
    "NAME of trials to take alone, 'w4*', or of a point of a sweep as tables print it, 'w4 g=64'; "
    "may be repeated";
/// The part of an experiment behind --shard I/N, --by and --rates (ConfigError); all of it where
/// --shard was not given.
Shard shard_option(const CommandLine& line);
/// The word behind --by (ConfigError); trials where it was not given.
ShardBy by_option(const CommandLine& line);
/// The rates of the file behind --rates (ConfigError); nullopt where it was not given.
std::optional<WorkRates> rates_option(const CommandLine& line);
inline constexpr const char* kByHelp =
    "what shards are cut by: trials (the default; each shard has all of the text), text (each has "
    "all trials), or both";
inline constexpr const char* kRatesHelp =
    "a file that 'noisefloor doctor --json' wrote on a machine that will run the shards: they are "
    "balanced by its rates; default: nominal ones";
/// The parts of "a,b,c" behind an option, none of them empty (ConfigError); none where it was not
/// given.
std::vector<std::string> list_option(const CommandLine& line, const std::string& name);
/// The form behind --format (ConfigError); a table where it was not given.
TableFormat format_option(const CommandLine& line);
/// COLUMNS where the environment has it, else the width of the terminal behind stdout; 0 where
/// there is none: as wide as it comes.
Index terminal_columns();
/// Takes --threads N into effect where it was given. Throws ConfigError beyond most_threads(), for
/// commands that compute.
void use_threads(const CommandLine& line);
/// The same for any number: those of another machine.
void plan_threads(const CommandLine& line);

}  // namespace nf
