#include "tests/support/hf_tokenizers.h"

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "core/io/read_json.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

// Exit codes: of the script, and of a shell that cannot find node.
constexpr int kPackageMissing = 3;
constexpr int kNodeMissing = 127;

std::string quoted(const std::string& word) {
  std::string result = "'";
  for (const char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

}  // namespace

HfAnswer encode_with_hf_tokenizers(const std::vector<HfCase>& cases) {
  const TempDir dir;
  {
    std::ofstream in(dir / "in");
    for (const HfCase& c : cases)
      in << SortedJson{{"file", c.file.string()}, {"text", c.text}}.dump() << '\n';
  }
  const char* modules = std::getenv("NOISEFLOOR_NODE_MODULES");
  const std::string script =
      (std::filesystem::path(NF_SOURCE_DIR) / "tests/reference/hf_tokenizers.js").string();
  const std::string command =
      "node " + quoted(script) + " " + quoted(modules == nullptr ? "" : modules) + " <" +
      quoted((dir / "in").string()) + " >" + quoted((dir / "out").string()) + " 2>" +
      quoted((dir / "err").string());
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  HfAnswer answer;
  if (code == kPackageMissing || code == kNodeMissing) {
    answer.missing = "node with the package tokenizers 0.23.2 is not here";
    return answer;
  }
  std::ifstream out(dir / "out");
  for (std::string line; std::getline(out, line);)
    answer.ids.push_back(SortedJson::parse(line).get<std::vector<std::int32_t>>());
  if (code != 0 || answer.ids.size() != cases.size()) {
    std::ifstream err(dir / "err");
    std::string first_line;
    std::getline(err, first_line);
    throw std::runtime_error("node ended with " + std::to_string(code) + " after " +
                             std::to_string(answer.ids.size()) + " texts: " + first_line);
  }
  return answer;
}

}  // namespace nf
