#include "eval/output/csv_reader.h"

namespace nf {

std::vector<std::vector<std::string>> parse_csv(std::string_view text) {
  std::vector<std::vector<std::string>> lines;
  bool begins = true, quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins) lines.emplace_back(1);
    begins = false;
    const char c = text[i];
    if (c == '"') {
      // Two quotes inside of quotes are one; a single one opens or closes.
      const bool twice = quoted && i + 1 < text.size() && text[i + 1] == '"';
      if (twice)
        lines.back().back() += text[++i];
      else
        quoted = !quoted;
    } else if (c == ',' && !quoted) {
      lines.back().emplace_back();
    } else if (c == '\n' && !quoted) {
      begins = true;
    } else {
      lines.back().back() += c;
    }
  }
  return lines;
}

}  // namespace nf
