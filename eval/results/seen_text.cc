#include "eval/results/seen_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/base/printable.h"
#include "eval/output/short_list.h"

namespace nf {

std::string seen_text(const std::string& model, std::span<const ResultLine* const> lines) {
  std::vector<std::string> names;
  Index most = 0;
  for (const ResultLine* line : lines) {
    Index overlap = 0;
    for (const ResultRow* row : line->rows)
      overlap = std::max(overlap, row->key.calibration_overlap);
    std::string name = printable(condition_text(line->key()));
    if (overlap > 0 && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
    most = std::max(most, overlap);
  }
  if (names.empty()) return "";
  return fmt::format(
      "{}: made from calibration text that is evaluated, too (up to {} tokens of it), so that it "
      "looks better than it is: {}",
      printable(model), most, short_list(names, ", ", "lines"));
}

}  // namespace nf
