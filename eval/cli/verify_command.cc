#include "eval/cli/command.h"
#include "eval/cli/stop_signal.h"
#include "eval/output/standard_streams.h"
#include "eval/verify/verify.h"

namespace nf {

int verify_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line("verify RUN [options]",
                   "Runs records of a run folder again, with its experiment, checkpoints and data, "
                   "and compares\n"
                   "their sums with the stored ones, bit for bit, and the csv files with what "
                   "follows from the\n"
                   "records. Exit code 0: all equal; 4: something differs.\n"
                   "Writes nothing.");
  line.positional("RUN", "the run folder")
      .option("sample", "re-run only so many records, spread over trials and text; default: all")
      .option("threads",
              "threads to use; default: as many as it may use. Results do not depend on it")
      .option(
          "memory",
          "memory to stay within, e.g. 4GiB, instead of the experiment's; results do not depend "
          "on it")
      .flag("any-env", "also what was made on a machine whose products have other bits")
      .flag("quiet", "no progress on stderr");
  if (!line.parse(arguments)) return 0;
  use_threads(line);
  const VerifyOptions options{.sample = line.number("sample", 1),
                              .any_env = line.has("any-env"),
                              .memory = memory_option(line),
                              .should_stop = stop_requested};
  catch_stop_signals();
  Progress progress(stderr, Progress::style_for(stderr, line.has("quiet")));
  const VerifyReport report =
      verify_run(RunFolder::read(line.text("RUN")), kinds, options, progress);
  print_out("{}", report.text());
  if (report.interrupted) return static_cast<int>(ExitCode::interrupted);
  return static_cast<int>(report.equal() ? ExitCode::ok : ExitCode::numeric);
}

}  // namespace nf
