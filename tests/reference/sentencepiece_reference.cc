#include "tests/reference/sentencepiece_reference.h"

#include <sentencepiece_processor.h>

#include <stdexcept>

namespace nf::reference {

std::vector<std::vector<std::int32_t>> sentencepiece(const std::filesystem::path& model,
                                                     const std::vector<std::string>& texts) {
  ::sentencepiece::SentencePieceProcessor processor;
  if (!processor.Load(model.string()).ok())
    throw std::runtime_error("libsentencepiece cannot load " + model.string());
  std::vector<std::vector<std::int32_t>> results;
  for (const std::string& text : texts) {
    std::vector<int> ids;
    if (!processor.Encode(text, &ids).ok()) throw std::runtime_error("libsentencepiece fails");
    results.emplace_back(ids.begin(), ids.end());
  }
  return results;
}

}  // namespace nf::reference
