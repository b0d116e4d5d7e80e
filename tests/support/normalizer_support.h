#pragma once

#include <memory>
#include <string>

#include "core/io/read_json.h"
#include "core/text/normalizer.h"

namespace nf {

inline std::unique_ptr<Normalizer> make_normalizer(const SortedJson& json) {
  return read_normalizer(JsonPlace("F", json));
}

/// `text`, rewritten by the normalizer that `json` describes.
inline std::string normalize(const SortedJson& json, const std::string& text) {
  return make_normalizer(json)->apply(text);
}

}  // namespace nf
