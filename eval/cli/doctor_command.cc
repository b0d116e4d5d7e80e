#include "core/base/error.h"
#include "eval/cli/command.h"
#include "eval/machine/doctor.h"
#include "eval/output/standard_streams.h"

namespace nf {

int doctor_command(const std::vector<std::string>& arguments, const KindsPtr&) {
  CommandLine line(
      "doctor [DIR] [--json]",
      "Looks at this machine as a worker and says what to change: processor and threads, memory, "
      "the\n"
      "instruction set of matrix products and what eight fixed ones give, speed, the folder DIR (a "
      "batch\n"
      "or run folder, or where one shall be; default: here) and its file system, Slurm's limits. "
      "Where\n"
      "DIR has records, whether this machine's would go with them. Ends with 3 where no worker can "
      "work.");
  line.positional("DIR", "the folder that workers shall work in", /*optional=*/true)
      .option("threads", "threads to measure the speed with; default: as many as it may use")
      .flag("json", "one object instead of text; its `rates` are what `plan --rates FILE` reads");
  if (!line.parse(arguments)) return 0;
  use_threads(line);
  const DoctorReport report = examine_machine(line.has("DIR") ? line.text("DIR") : ".");
  print_out("{}", line.has("json") ? report.to_json().dump(2) + '\n' : report.text());
  return static_cast<int>(report.is_fit() ? ExitCode::ok : ExitCode::data);
}

}  // namespace nf
