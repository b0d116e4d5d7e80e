#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace nf::reference {

/// The ids of libsentencepiece itself, one call for each whole text: [texts][tokens]
std::vector<std::vector<std::int32_t>> sentencepiece(const std::filesystem::path& model,
                                                     const std::vector<std::string>& texts);

}  // namespace nf::reference
