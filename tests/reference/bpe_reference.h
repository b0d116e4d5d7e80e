#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nf::reference {

/// Byte-pair encoding by its definition: as long as two neighbours are in `merges`, join the pair
/// that stands first there (the leftmost of equal ones). `symbols` are the characters of a piece.
std::vector<std::string> bpe(std::vector<std::string> symbols,
                             const std::vector<std::pair<std::string, std::string>>& merges);

}  // namespace nf::reference
