#include "eval/machine/slurm_checks.h"

#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

#include "core/base/printable.h"
#include "core/io/child_process.h"
#include "eval/machine/slurm_limits.h"

namespace nf {
namespace {

constexpr double kSeconds = 20;

/// Lines "PARTITION* up TIME CPUS MIB" of sinfo; none where it does not answer.
void add_partitions(MachineCheck& check) {
  const auto output = run_child({"sinfo", "-h", "-o", "%P %a %l %c %m"}, kSeconds);
  if (!output || output->exit_code != 0 || output->timed_out) return;
  std::istringstream lines(output->out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name, state, time, cpus, mib;
    if (!(words >> name >> state >> time >> cpus >> mib)) continue;
    check.found +=
        fmt::format("\npartition {} ({}): at most {}, nodes of {} cpus and {} MiB", printable(name),
                    printable(state), printable(time), printable(cpus), printable(mib));
    check.data["partitions"].push_back(
        {{"name", name}, {"state", state}, {"time", time}, {"cpus", cpus}, {"memory_mib", mib}});
  }
}

}  // namespace

std::vector<MachineCheck> slurm_checks() {
  if (!has_program("sbatch") && !has_program("scontrol")) return {};
  MachineCheck check{.what = "slurm"};
  std::string why;
  const auto limits = slurm_limits(why);
  if (!limits) {
    check.found = "cannot be asked: " + printable(why);
    check.verdict = Verdict::note;
    check.advice = "`submit --slurm` needs a machine from which sbatch works; workers do not";
    return {check};
  }
  const Index last = limits->last_task();
  check.found = fmt::format(
      "{}: {}", printable(limits->version),
      last > 0 ? fmt::format("arrays of at most {} tasks, longer ones in several", last + 1)
               : "no arrays");
  check.data = {{"version", limits->version}, {"last_task", last}};
  if (limits->max_job_count) check.data["max_job_count"] = *limits->max_job_count;
  if (limits->may_requeue) check.data["may_requeue"] = *limits->may_requeue;
  if (last == 0) {
    check.verdict = Verdict::note;
    check.advice = "MaxArraySize does not let arrays be submitted: `submit --parallel` or --shell";
  } else if (limits->may_requeue == false) {
    check.verdict = Verdict::note;
    check.advice =
        "JobRequeue=0: a task whose node dies is not queued again; `resubmit` takes up what is "
        "left";
  }
  add_partitions(check);
  return {check};
}

}  // namespace nf
