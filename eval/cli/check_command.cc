#include "core/config/yaml_writer.h"
#include "eval/cli/command.h"
#include "eval/experiment/model_warnings.h"
#include "eval/experiment/repeat_warnings.h"
#include "eval/output/standard_streams.h"

namespace nf {

int check_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line("check EXPERIMENT.yaml [options]",
                   "Validates an experiment: keys, values, paths, selectors against the models' "
                   "sites. Prints it\n"
                   "with every sweep expanded and every default filled in. Reads no weights.");
  line.positional("EXPERIMENT.yaml", "the experiment")
      .repeated("set", "KEY=VALUE replaces a value of the file; may be repeated");
  if (!line.parse(arguments)) return 0;
  const Experiment experiment =
      Experiment::load(line.text("EXPERIMENT.yaml"), line.texts("set"), kinds);
  print_out("{}", to_yaml(experiment.resolved()));
  print_warnings(model_warnings(experiment));
  print_warnings(repeat_warnings(experiment));
  return 0;
}

}  // namespace nf
