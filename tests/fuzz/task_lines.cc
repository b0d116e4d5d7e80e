/// Fuzzes the files of tasks, each as every kind of task, and JSON lines of documents.

#include "eval/data/read_windows.h"
#include "eval/tasks/task_questions.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_mutator.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

constexpr Index kPositions = 64;

const Tokenizer& tiny_tokenizer() {
  static const Tokenizer tokenizer = [] {
    write_tiny_tokenizer(fuzz_folder());
    return Tokenizer::load(fuzz_folder());
  }();
  return tokenizer;
}

/// Rows stand side by side in their segments, and targets point to rows and tokens that are there.
void check_item(const EvalItem& item) {
  const Index rows = static_cast<Index>(item.ids.size());
  Index next = 0;
  for (const Segment& segment : item.layout.segments) {
    NF_FUZZ_CHECK(segment.first == next && segment.rows >= 0 && segment.prefix_first >= 0 &&
                      segment.prefix_rows >= 0 &&
                      segment.prefix_first + segment.prefix_rows <= segment.first,
                  "rows [{}, +{})", segment.first, segment.rows);
    next += segment.rows;
  }
  NF_FUZZ_CHECK(next == rows && item.layout.positions() <= kPositions, "{} rows of {}", next, rows);
  for (const std::int32_t id : item.ids) NF_FUZZ_CHECK(id >= 0 && id < kTinyTokens, "id {}", id);
  for (std::size_t i = 0; i < item.targets.size(); ++i) {
    const Target& target = item.targets[i];
    NF_FUZZ_CHECK(target.row >= 0 && target.row < rows && target.token >= 0 &&
                      target.token < kTinyTokens && target.part >= 0 && target.part < item.parts,
                  "target {}, {}, {}", target.row, target.token, target.part);
    NF_FUZZ_CHECK(i == 0 || item.targets[i - 1].row <= target.row, "targets out of order");
  }
}

void check_task(const TaskKind& kind, const std::filesystem::path& file, bool bos) {
  TaskConfig task{.name = "t", .kind = kind.name, .file = {}, .limit = {}, .bos = bos};
  task.file.resolved = file;
  const TaskQuestions questions =
      read_tasks({task}, tiny_tokenizer(), kPositions, Index{0}, builtin_tasks());
  NF_FUZZ_CHECK(questions.items.size() == questions.questions.size(), "{} questions",
                questions.questions.size());
  for (std::size_t i = 0; i < questions.items.size(); ++i) {
    check_item(questions.items[i]);
    const Question& question = questions.questions[i];
    NF_FUZZ_CHECK(question.gold >= 0 && question.gold < questions.items[i].parts, "gold {}",
                  question.gold);
    question.score(std::vector<PartSums>(static_cast<std::size_t>(questions.items[i].parts)));
  }
  hash_items(questions.items, "window/1");
}

}  // namespace

void make_seeds(const SaveSeed& save) {
  save("choices",
       R"({"context": "To open a jar,", "choices": ["twist it", "eat it"], "gold": 0})"
       "\n"
       R"({"passage": "Water boils.", "context": "does it", "choices": ["no", "yes"], "gold": 1})"
       "\n");
  save("slots",
       R"({"context": "The cup _ is too big. ", "choices": ["he", "she", "it"], "gold": 2})"
       "\n\n");
  save("last-words", R"({"context": "the thing the", "target": " the end"})"
                     "\n"
                     R"({"context": "caf\u00e9 \ud83d\udd25", "target": "!"})");
  save("documents", R"({"text": "one"})"
                    "\r\n"
                    R"({"text": "", "id": [1, 2.5, null, true]})"
                    "\n");
}

}  // namespace nf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nf;
  const std::filesystem::path file = write_input("lines.jsonl", as_text(data, size));
  for (const TaskKind& kind : builtin_tasks().kinds())
    accepts([&] { check_task(kind, file, size % 2 == 0); });
  accepts([&] { read_jsonl_documents(file, "text"); });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  using namespace nf;
  JsonMutator mutator(seed, fuzz_words());
  return mutate_parts(mutator, 1, data, size, most);
}
