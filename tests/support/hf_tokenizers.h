#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace nf {

/// A text, and the tokenizer.json to encode it with.
struct HfCase {
  std::filesystem::path file;
  std::string text;
};

/// The ids that the npm package `tokenizers` 0.23.2 gives for some texts.
struct HfAnswer {
  std::vector<std::vector<std::int32_t>> ids;  ///< [cases]
  std::string missing;  ///< why there are none: node or the package is not here; else empty
};

/// Encodes through node, no special tokens added. The package is looked for in the folder that the
/// environment variable NOISEFLOOR_NODE_MODULES names, else where node looks by itself. To have it:
///   npm install --prefix FOLDER tokenizers@0.23.2
///   export NOISEFLOOR_NODE_MODULES=FOLDER/node_modules
/// Throws std::runtime_error where it fails otherwise.
HfAnswer encode_with_hf_tokenizers(const std::vector<HfCase>& cases);

}  // namespace nf
