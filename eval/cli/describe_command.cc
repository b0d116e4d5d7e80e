#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/suggest.h"
#include "eval/cli/bash_completion.h"
#include "eval/cli/command.h"
#include "eval/cli/man_page.h"
#include "eval/cli/zsh_completion.h"
#include "eval/output/standard_streams.h"

namespace nf {

int describe_command(const std::vector<std::string>& arguments, const KindsPtr&) {
  CommandLine line("describe bash|zsh|man",
                   "Prints the completions for a shell or the man page, as `cmake --install` puts "
                   "them in place.");
  line.positional("WHAT", "bash, zsh or man");
  if (!line.parse(arguments)) return 0;
  const std::string what = line.text("WHAT");
  if (what == "bash") {
    print_out("{}", bash_completion(commands()));
  } else if (what == "zsh") {
    print_out("{}", zsh_completion(commands()));
  } else if (what == "man") {
    print_out("{}", man_page(commands()));
  } else {
    throw ConfigError(
        fmt::format("describe: unknown '{}'{}", what, suggestion(what, {"bash", "zsh", "man"})));
  }
  return 0;
}

}  // namespace nf
