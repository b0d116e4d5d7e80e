#include "eval/batch/shard_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "eval/batch/script_word.h"

namespace nf {
namespace {

std::string beginning(const ShardList& list) {
  return fmt::format("dir={}\nnoisefloor={}\n", script_word(list.dir.string()),
                     script_word(list.program.string()));
}

/// Options of every worker.
std::string limits_text(const ShardList& list) {
  const std::string threads = fmt::format("--threads {}", list.threads);
  if (list.memory == 0) return threads;
  return fmt::format("{} --memory {}MiB", threads, std::max<Index>(list.memory >> 20, 1));
}

}  // namespace

std::string list_text(const ShardList& list) {
  std::string text;
  for (const Index shard : list.shards)
    text += fmt::format("{} run {} --worker --shard {} {}\n", script_word(list.program.string()),
                        script_word(list.dir.string()), shard, limits_text(list));
  return text;
}

std::string parallel_script(const ShardList& list) {
  return "#!/bin/bash\n"
         "# Written by `noisefloor submit`: runs the lines of shards.txt with GNU parallel, as "
         "many at "
         "once as\n"
         "# this machine has cores for, or as $JOBS says. Called again it runs those that failed "
         "and "
         "those that\n"
         "# have not run. Its own options are GNU parallel's: --sshloginfile FILE for several "
         "machines.\n" +
         beginning(list) +
         fmt::format(
             "jobs=${{JOBS:-$(($(nproc) / {}))}}\n"
             "[ \"$jobs\" -gt 0 ] || jobs=1\n"
             "PARALLEL_SHELL=/bin/bash parallel --jobs \"$jobs\" --joblog \"$dir/parallel.log\" "
             "--resume-failed \"$@\" <\"$dir/shards.txt\"\n"
             "exec \"$noisefloor\" status \"$dir\"\n",
             list.threads);
}

std::string loop_script(const ShardList& list) {
  std::string shards;
  for (const Index shard : list.shards) shards += fmt::format(" {}", shard);
  return "#!/bin/bash\n"
         "# Written by `noisefloor submit`: works on one shard after the other; a second copy of "
         "it, on "
         "another\n"
         "# machine too, takes those that nobody works on. Options of `noisefloor run` may "
         "follow.\n" +
         beginning(list) +
         fmt::format(
             "failed=0\n"
             "for shard in{}; do\n"
             "  \"$noisefloor\" run \"$dir\" --worker --shard \"$shard\" {} \"$@\"\n"
             "  code=$?\n"
             "  case $code in\n"
             "    75 | 130) exit \"$code\" ;; # asked to stop\n"
             "  esac\n"
             "  [ \"$failed\" -ne 0 ] || failed=$code\n"
             "done\n"
             "# What a worker left undone, another may have done.\n"
             "\"$noisefloor\" status \"$dir\"\n"
             "code=$?\n"
             "[ \"$code\" -eq 0 ] || [ \"$failed\" -eq 0 ] || code=$failed\n"
             "exit \"$code\"\n",
             shards, limits_text(list));
}

}  // namespace nf
