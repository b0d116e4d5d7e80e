#include "tests/support/conformance.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "core/io/npy.h"

namespace nf {
namespace {

/// The f32 values of an .npy file: whatever stands behind its header.
std::vector<float> read_npy_floats(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const std::size_t header_end = bytes.find('\n');  // the header's only line break
  if (header_end == std::string::npos || bytes.find("'<f4'") > header_end)
    throw std::runtime_error(path.string() + ": not float32 values");
  std::vector<float> values((bytes.size() - header_end - 1) / sizeof(float));
  std::memcpy(values.data(), bytes.data() + header_end + 1, values.size() * sizeof(float));
  return values;
}

}  // namespace

std::optional<Conformance> read_conformance(const std::string& name) {
  const char* reference = std::getenv("NOISEFLOOR_REFERENCE_DIR");
  if (reference == nullptr) return std::nullopt;
  Conformance out{.dir = std::filesystem::path(reference) / "conformance" / name, .windows = {}};
  const NpyInts ids = read_npy_ints(out.dir / "input_ids.npy");
  const std::vector<float> logits = read_npy_floats(out.dir / "logits.npy");
  const Index windows = ids.shape.at(0), tokens = ids.shape.at(1);
  const Index values = static_cast<Index>(logits.size()) / windows;  // of one window
  for (Index i = 0; i < windows; ++i) {
    const auto first_id = ids.values.begin() + i * tokens;
    const ConstMatrixView floats(logits.data() + i * values, tokens, values / tokens);
    out.windows.push_back({.ids = {first_id, first_id + tokens}, .logits = to_double(floats)});
  }
  return out;
}

}  // namespace nf
