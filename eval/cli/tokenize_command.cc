#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/tokenizer.h"
#include "eval/cli/command.h"
#include "eval/data/read_windows.h"
#include "eval/output/standard_streams.h"

namespace nf {

int tokenize_command(const std::vector<std::string>& arguments, const KindsPtr&) {
  CommandLine line("tokenize --model DIR --jsonl FILE",
                   "Prints {\"ids\": [...]} for each line {\"text\": ...} of FILE; other keys are "
                   "ignored. No special\n"
                   "tokens are added. Needs only the tokenizer's files in DIR, the first of these "
                   "that is there:\n"
                   "tokenizer.json, tokenizer.model (SentencePiece), vocab.json with merges.txt "
                   "(GPT-2, OPT).");
  line.required("model", "checkpoint directory with a tokenizer")
      .required("jsonl", "JSON lines with a \"text\" each");
  if (!line.parse(arguments)) return 0;
  const Tokenizer tokenizer = Tokenizer::load(model_directory(line));
  const std::string file = existing_file(line, "jsonl");
  for (const std::string& text : read_jsonl_documents(file, "text"))
    print_out("{}\n", Json{{"ids", tokenizer.encode(text)}}.dump());
  return 0;
}

}  // namespace nf
