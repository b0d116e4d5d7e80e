#include "eval/batch/slurm_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "eval/batch/scheduler_options.h"
#include "eval/batch/script_word.h"

namespace nf {
namespace {

/// Bytes to MiB, rounded up, as Slurm counts memory.
Index mebibytes(Index bytes) { return (bytes + (Index{1} << 20) - 1) >> 20; }

/// Whether Slurm takes a name of an output file as it is: % and \ mean something there, and quotes
/// cannot be had in a #SBATCH line.
bool is_plain_output(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' &&
           std::string_view("%\\\"'").find(c) == std::string_view::npos;
  });
}

/// Letters and digits of a name: job names go through shells, tables and mails.
std::string job_name(std::string_view experiment) {
  std::string name = "nf-";
  for (const char c : experiment.substr(0, 40))
    name += (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c : '-';
  return name;
}

/// The #SBATCH line of the log; /dev/null where the script opens it itself.
std::string output_line(const SlurmScript& script, const char* log) {
  const std::string path = (script.dir / "logs" / log).string();
  return fmt::format("#SBATCH --output=\"{}\"\n",
                     is_plain_output(script.dir.string()) ? path : "/dev/null");
}

/// Variables, the folder, and the log where Slurm cannot be told of it.
std::string beginning(const SlurmScript& script, const char* log) {
  std::string text = fmt::format(
      "dir={}\n"
      "noisefloor={}\n"
      "cd \"$dir\" || {{\n"
      "  echo \"$dir cannot be reached from node $SLURMD_NODENAME\" >&2\n"
      "  exit 3\n"
      "}}\n",
      script_word(script.dir.string()), script_word(script.program.string()));
  if (!is_plain_output(script.dir.string()))
    text += fmt::format("exec >>{} 2>&1  # Slurm's --output would take this folder's name apart\n",
                        log);
  return text;
}

constexpr const char* kRunning = R"(
# What is left of the time limit, as in 3:50:00: at 97 % of it the worker keeps what it has and ends with 75.
limits=()
left=$(timeout 20 squeue --noheader --jobs "$SLURM_JOB_ID" --format %L 2>/dev/null | head -n 1 | tr -d ' ')
[[ ! $left =~ ^([0-9]+-)?[0-9:]+:[0-9]+$ ]] || limits+=(--max-time "$left")
[ -z "$SLURM_MEM_PER_NODE" ] || limits+=(--memory "$((SLURM_MEM_PER_NODE * 9 / 10))MiB")
limits+=(--threads "${SLURM_CPUS_PER_TASK:-${SLURM_CPUS_ON_NODE:-1}}")

# The worker runs in the background: so this shell is there for TERM, which Slurm sends before the
# time is over, and hands it on. The worker then keeps what it has and ends with 130.
asked=
"$noisefloor" run "$dir" --worker --shard "$shard" "${limits[@]}" &
worker=$!
trap 'asked=yes; kill -TERM "$worker"' TERM INT
wait "$worker"
code=$?
while [ "$code" -gt 128 ] && [ -n "$asked" ]; do # the waiting was interrupted, not the worker
  asked=
  wait "$worker"
  code=$?
done
trap - TERM INT
)";

constexpr const char* kRequeueing = R"(
# 75 (time, or a file STOP) and 130 (a signal) leave work that can go on, as does 143, a signal before the
# worker was ready for it. All else would come again.
again=${SLURM_RESTART_COUNT:-0}
case $code in
  75 | 130 | 143)
    # TERM comes of scancel, too: what is cancelled does not come again.
    state=$(timeout 20 squeue --noheader --jobs "$SLURM_JOB_ID" --format %T 2>/dev/null | head -n 1 | tr -d ' ')
    if [ -e STOP ]; then
      echo "a file STOP is there: not queued again; remove it and call 'noisefloor resubmit' for the rest"
    elif [[ $state = CANCELLED || $state = COMPLETING ]]; then
      echo "cancelled: not queued again; 'noisefloor resubmit' submits the rest"
    elif [ "$again" -ge "$requeues" ]; then
      echo "queued again $again times already (--requeues); 'noisefloor resubmit' submits the rest"
    elif scontrol requeue "$SLURM_JOB_ID"; then
      echo "work is left: queued again"
      sleep 30 # until Slurm ends this script
    else
      echo "Slurm does not queue this job again; 'noisefloor resubmit' submits the rest"
    fi
    ;;
esac
exit "$code"
)";

}  // namespace

std::string shards_script(const SlurmScript& script) {
  return fmt::format(
             "#!/bin/bash\n"
             "# Written by `noisefloor submit`: works on the shards of this folder.\n"
             "#   sbatch --array=1-20 shards.sbatch [OFFSET]\n"
             "# Task T begins with shard OFFSET + T, and goes on with what nobody works on.\n"
             "#SBATCH --job-name={}\n"
             "#SBATCH --nodes=1\n"
             "#SBATCH --ntasks=1\n"
             "#SBATCH --cpus-per-task={}\n"
             "#SBATCH --mem={}M\n"
             "#SBATCH --time={}\n"
             "#SBATCH --signal=B:TERM@{:.0f}\n"
             "#SBATCH --requeue\n"
             "#SBATCH --open-mode=append\n",
             job_name(script.experiment), script.needs.threads, mebibytes(script.needs.memory),
             time_limit_text(script.needs.minutes), kTermLead) +
         output_line(script, "%A_%a.log") + "\n" +
         beginning(script,
                   "\"logs/${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}_$SLURM_ARRAY_TASK_ID.log\"") +
         fmt::format(
             "requeues={}\n"
             "shard=$((${{1:-0}} + ${{SLURM_ARRAY_TASK_ID:-0}}))\n",
             script.requeues) +
         kRunning + kRequeueing;
}

std::string merging_script(const SlurmScript& script) {
  return fmt::format(
             "#!/bin/bash\n"
             "# Written by `noisefloor submit`: joins what the workers of this folder have "
             "recorded, "
             "or names\n"
             "# what is missing. To be submitted with --dependency=afterany:JOB of the shards.\n"
             "#SBATCH --job-name={}-merge\n"
             "#SBATCH --nodes=1\n"
             "#SBATCH --ntasks=1\n"
             "#SBATCH --cpus-per-task=1\n"
             "#SBATCH --mem={}M\n"
             "#SBATCH --time={}\n"
             "#SBATCH --open-mode=append\n",
             job_name(script.experiment), mebibytes(script.merging.memory),
             time_limit_text(script.merging.minutes)) +
         output_line(script, "merge.log") + "\n" + beginning(script, "logs/merge.log") +
         "exec \"$noisefloor\" merge \"$dir\"\n";
}

}  // namespace nf
