#include "tests/reference/bpe_reference.h"

#include <algorithm>
#include <iterator>

namespace nf::reference {

std::vector<std::string> bpe(std::vector<std::string> symbols,
                             const std::vector<std::pair<std::string, std::string>>& merges) {
  for (;;) {
    std::size_t best_rank = merges.size();
    std::size_t best_position = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto merge =
          std::find(merges.begin(), merges.end(), std::pair(symbols[i], symbols[i + 1]));
      const auto rank = static_cast<std::size_t>(std::distance(merges.begin(), merge));
      if (rank < best_rank) {
        best_rank = rank;
        best_position = i;
      }
    }
    if (best_rank == merges.size()) return symbols;
    symbols[best_position] += symbols[best_position + 1];
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best_position) + 1);
  }
}

}  // namespace nf::reference
