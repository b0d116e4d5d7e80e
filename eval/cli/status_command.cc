#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <thread>

#include "core/base/parallel.h"
#include "eval/batch/batch_status.h"
#include "eval/cli/command.h"
#include "eval/cli/stop_signal.h"
#include "eval/output/standard_streams.h"

namespace nf {
namespace {

constexpr std::chrono::seconds kInterval{10};
/// Looks in a row that see nobody where no queue tells: between two shards a worker holds none.
constexpr int kLooks = 6;

/// Sleeps in short steps, so that a signal is heard soon.
void wait_a_while() {
  constexpr std::chrono::milliseconds kStep{200};
  for (auto waited = kStep; waited < kInterval && !stop_requested(); waited += kStep)
    std::this_thread::sleep_for(kStep);
}

/// Shows it again and again: in the same place of a terminal, elsewhere when it has changed.
int watch(const std::filesystem::path& dir) {
  catch_stop_signals();
  const bool is_terminal = ::isatty(STDOUT_FILENO) != 0;
  std::string last;
  int looks = 0;
  while (true) {
    // Workers may agree on another cut meanwhile.
    const BatchStatus status = BatchStatus::of(BatchFolder::open(dir));
    const std::string text = status.text();
    if (is_terminal) print_out("\033[H\033[2J");
    if (is_terminal || text != last)
      print_out("{:%H:%M:%S} {}", fmt::localtime(std::time(nullptr)), text);
    flush_out();
    last = text;
    // Once all shards are done nobody but a merge under way is waited for, whatever the queue says.
    const bool is_unmerged = status.is_all_done() && !status.is_being_merged;
    looks = status.is_abandoned() || is_unmerged ? looks + 1 : 0;
    const bool knows_queue = (status.queue && !is_unmerged) || status.is_stopped;
    const bool nobody_comes = looks >= (knows_queue ? 1 : kLooks);
    if (status.is_over() || nobody_comes || stop_requested())
      return static_cast<int>(status.exit_code());
    wait_a_while();
  }
}

}  // namespace

int status_command(const std::vector<std::string>& arguments, const KindsPtr&) {
  CommandLine line(
      "status DIR [--watch | --json]",
      "How a batch stands: its shards done, running, waiting, failed and never started, rows, the "
      "time\n"
      "left; from its files alone, and from squeue where that answers. Exit code 0: all done and "
      "merged,\n"
      "75: work is left, 4: something failed.");
  line.positional("DIR", "a folder of `noisefloor submit`")
      .flag("watch",
            "shows it again every 10 s until all is over, or nobody runs and nothing is queued (of "
            "--shell and --parallel: for a minute after a worker was there)")
      .flag("json", "one object instead of text, with every shard");
  if (!line.parse(arguments)) return 0;
  set_thread_count(1);  // this may be a login node
  const BatchFolder batch = BatchFolder::open(line.text("DIR"));
  if (line.has("watch")) return watch(batch.dir());
  const BatchStatus status = BatchStatus::of(batch);
  if (line.has("json"))
    print_out("{}\n", status.to_json().dump(2, ' ', false, Json::error_handler_t::replace));
  else
    print_out("{}", status.text());
  return static_cast<int>(status.exit_code());
}

}  // namespace nf
