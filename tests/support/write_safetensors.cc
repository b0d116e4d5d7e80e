#include "tests/support/write_safetensors.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "core/base/json.h"

namespace nf {
namespace {

void append_value(std::string& out, Dtype dtype, float value) {
  const auto append = [&out](const auto bits) {
    char bytes[sizeof bits];
    std::memcpy(bytes, &bits, sizeof bits);
    out.append(bytes, sizeof bits);
  };
  switch (dtype) {
    case Dtype::f32:
      append(value);
      break;
    case Dtype::f16:
      append(to_f16_bits(value));
      break;
    case Dtype::bf16:
      append(to_bf16_bits(value));
      break;
    case Dtype::f64:
      append(static_cast<double>(value));
      break;
    case Dtype::i64:
      append(static_cast<std::int64_t>(value));
      break;
    case Dtype::u8:
    case Dtype::boolean:
      append(static_cast<std::uint8_t>(value));
      break;
    default:
      throw std::invalid_argument("write_safetensors does not write this dtype");
  }
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace

std::uint16_t to_f16_bits(float value) {
  const int sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::abs(static_cast<double>(value));
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7e00);
  if (magnitude >= 65520.0) return static_cast<std::uint16_t>(sign | 0x7c00);
  // In units of the value's own last place: 2^-24 for subnormals, 2^(e-10) from 2^-14 on. Double
  // holds that exactly and nearbyint rounds ties to even; a carry out of the mantissa raises the
  // exponent by itself.
  int exponent = -14;
  if (magnitude >= std::ldexp(1.0, -14)) exponent = std::ilogb(magnitude);
  const int units = static_cast<int>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
  return static_cast<std::uint16_t>(sign | (((exponent + 14) << 10) + units));
}

std::uint16_t to_bf16_bits(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16) | 0x0040);
  const std::uint32_t odd = (bits >> 16) & 1;
  return static_cast<std::uint16_t>((bits + 0x7fff + odd) >> 16);
}

void write_safetensors(const std::filesystem::path& path, const std::vector<TestTensor>& tensors) {
  Json header = Json::object();
  header["__metadata__"] = {{"format", "pt"}};
  std::string data;
  for (const TestTensor& tensor : tensors) {
    Index count = 1;
    for (const Index size : tensor.shape) count *= size;
    if (count != static_cast<Index>(tensor.values.size()))
      throw std::invalid_argument(tensor.name + ": shape and number of values differ");
    const std::size_t begin = data.size();
    for (const float value : tensor.values) append_value(data, tensor.dtype, value);
    header[tensor.name] = {{"dtype", dtype_name(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  write_file(path, bytes + text + data);
}

void write_sharded(const std::filesystem::path& dir, const std::vector<TestTensor>& tensors,
                   int shard_count) {
  const std::size_t shards = static_cast<std::size_t>(shard_count);
  Json index;
  index["metadata"] = {{"format", "pt"}};
  index["weight_map"] = Json::object();
  for (std::size_t shard = 0; shard < shards; ++shard) {
    const std::string name = fmt::format("model-{:05}-of-{:05}.safetensors", shard + 1, shards);
    const auto at = [&](std::size_t i) {
      return tensors.begin() + static_cast<std::ptrdiff_t>(tensors.size() * i / shards);
    };
    const std::vector<TestTensor> part(at(shard), at(shard + 1));
    for (const TestTensor& tensor : part) index["weight_map"][tensor.name] = name;
    write_safetensors(dir / name, part);
  }
  write_file(dir / "model.safetensors.index.json", index.dump(2));
}

}  // namespace nf
