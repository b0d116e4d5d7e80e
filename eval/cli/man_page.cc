#include "eval/cli/man_page.h"

#include <fmt/format.h>

#include "core/base/version.h"

namespace nf {
namespace {

constexpr const char* kHead = R"(.TH NOISEFLOOR 1 "" "noisefloor {}" "User Commands"
.SH NAME
noisefloor \- noise and quantizers in a language model's tensors, and what each costs
.SH SYNOPSIS
.B noisefloor
.I COMMAND
.RI [ options ]
.br
.B noisefloor
.BR \-\-help | \-\-version
.SH DESCRIPTION
Injects noise of a known distribution, size and relation to the values into the weights and
activations of a language model, does the same with quantizers, and measures what each costs:
perplexity, KL to the untouched model, agreement of the first choice. Experiments are YAML files,
models are checkpoints as Hugging Face has them.
.PP
Examples come with the program and are named without a file:
.PP
.RS
.nf
noisefloor list examples
noisefloor run quickstart
.fi
.RE
.SH COMMANDS
)";
constexpr const char* kTail = R"(.SH EXIT STATUS
.TP
.B 0
all done
.TP
.B 2
a mistake in the experiment or on the command line
.TP
.B 3
a file is broken, incomplete or cannot be read or written; no memory left
.TP
.B 4
arithmetic left the finite numbers; \fBverify\fR found a difference
.TP
.B 70
a bug of noisefloor
.TP
.B 130
stopped by a signal; what is recorded stays
.SH ENVIRONMENT
.TP
.B XDG_CACHE_HOME
where hashes of models' files are kept, in the folder noisefloor; by default ~/.cache
.TP
.B OMP_NUM_THREADS
an upper bound of the threads that are used by default
.SH FILES
.TP
.I share/noisefloor/configs
examples, beside the folder bin of the program
.TP
.I share/noisefloor/assets
the small models and texts that they use
.TP
.I share/doc/noisefloor
every key of an experiment, what the words mean, statistics, models
)";

/// Text as roff prints it: a hyphen that can be copied, and no line that is a request.
std::string roff(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    const bool begins = out.empty() || out.back() == '\n';
    if (begins && (letter == '.' || letter == '\'')) out += "\\&";
    if (letter == '\\') {
      out += "\\e";
    } else if (letter == '-') {
      out += "\\-";
    } else {
      out += letter;
    }
  }
  return out;
}

std::string section(const Command& command) {
  const CommandHelp help = help_of(command);
  std::string text = fmt::format(".SS \"{}\"\n{}\n", roff(help.usage), roff(help.about));
  for (const auto& word : help.words)
    text += fmt::format(".TP\n.I {}\n{}\n", roff(word.name), roff(word.help));
  for (const auto& option : help.options)
    text += fmt::format(".TP\n.B {}{}\n{}\n", roff("--" + option.name),
                        option.takes_value ? " \\fIVALUE\\fR" : "", roff(option.help));
  return text;
}

}  // namespace

std::string man_page(const std::vector<Command>& commands) {
  std::string page = fmt::format(fmt::runtime(kHead), version());
  for (const Command& command : commands)
    if (!command.is_hidden) page += section(command);
  return page + kTail;
}

}  // namespace nf
