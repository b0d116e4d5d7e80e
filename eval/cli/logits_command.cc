#include "core/io/npy.h"
#include "eval/cli/arithmetic_option.h"
#include "eval/cli/command.h"
#include "eval/export/logits_npy.h"

namespace nf {

int logits_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line(
      "logits --model DIR --ids IDS.npy --out LOGITS.npy",
      "Runs the untouched model over int32 token ids [B, T] and writes float32 logits [B, T, V].\n"
      "Needs only config.json and the weights in DIR.");
  line.required("model", "checkpoint directory")
      .required("ids", "token ids, int32 [B, T]")
      .required("out", "where the logits go, float32 [B, T, V]")
      .option("arithmetic", kArithmeticHelp)
      .option("threads", "threads to use; default: as many as it may use");
  if (!line.parse(arguments)) return 0;
  use_threads(line);
  Decoder decoder = Decoder::open(model_directory(line), kinds->architectures);
  set_arithmetic(line, decoder);
  print_warnings(decoder.warnings());
  write_logits(decoder, existing_file(line, "ids"), line.text("out"));
  return 0;
}

}  // namespace nf
