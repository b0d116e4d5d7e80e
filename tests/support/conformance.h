#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/support/tensor_near.h"

namespace nf {

/// A tiny random checkpoint of the reference data, with the results of Hugging Face transformers on
/// it in float32.
struct Conformance {
  struct Window {
    std::vector<std::int32_t> ids;  ///< [T]
    RowMatrix logits;               ///< [T, V]
    /// Largest minus smallest logit: tolerances are relative to it.
    double range() const { return logits.maxCoeff() - logits.minCoeff(); }
  };
  std::filesystem::path dir;
  std::vector<Window> windows;
};

/// conformance/`name` of the reference data; nullopt where NOISEFLOOR_REFERENCE_DIR is not set.
std::optional<Conformance> read_conformance(const std::string& name);

}  // namespace nf
