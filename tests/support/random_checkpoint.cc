#include "tests/support/random_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/io/atomic_file.h"
#include "core/model/architecture.h"
#include "core/random/draw_key.h"
#include "core/random/philox.h"

namespace nf {
namespace {

constexpr Index kBytesPerValue = 2;
constexpr Index kValuesAtOnce = Index{1} << 22;

struct Tensor {
  ExpectedTensor expected;
  Index values = 0;
  Index bytes() const { return values * kBytesPerValue; }
};

std::vector<Tensor> tensors_of(const Json& config) {
  ArchitectureRegistry registry;
  register_builtin_architectures(registry);
  const HfConfig fields(config, "config.json");
  const DecoderSpec spec = registry.find(fields).spec(fields, Checkpoint::without_weights(config));
  std::vector<Tensor> tensors;
  for (const ExpectedTensor& expected : expected_tensors(spec))
    tensors.push_back({expected, std::accumulate(expected.shape.begin(), expected.shape.end(),
                                                 Index{1}, std::multiplies<>())});
  return tensors;
}

/// bf16 bits of a random sign, a random 7-bit mantissa and one exponent: magnitudes in [m, 2m).
struct Distribution {
  std::uint16_t exponent = 0;  ///< in its place
  bool is_one = false;         ///< 1.0 everywhere: a norm's weight

  static Distribution of(const ExpectedTensor& tensor) {
    const bool is_vector = tensor.shape.size() == 1;
    if (is_vector && tensor.name.ends_with("weight")) return {.exponent = 0, .is_one = true};
    const double size = is_vector ? 0.01 : 1.0 / std::sqrt(static_cast<double>(tensor.shape[1]));
    const int power = static_cast<int>(std::floor(std::log2(size))) + 127;
    return {.exponent = static_cast<std::uint16_t>(power << 7), .is_one = false};
  }
};

/// values <- elements [first, first + values.size()) of a tensor. Four values from each draw.
void draw(const Distribution& distribution, Index first, std::uint64_t key, std::uint64_t seed,
          std::vector<std::uint64_t>& draws, std::span<std::uint16_t> values) {
  if (distribution.is_one) {
    std::fill(values.begin(), values.end(), std::uint16_t{0x3f80});
    return;
  }
  const Index count = (static_cast<Index>(values.size()) + 3) / 4;
  draws.resize(static_cast<std::size_t>(count));
  philox_kernels().draw_u64(draws.data(), count, static_cast<std::uint64_t>(first / 4), key, seed);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto bits = static_cast<std::uint16_t>(draws[i / 4] >> (16 * (i % 4)));
    values[i] = static_cast<std::uint16_t>((bits & 0x807f) | distribution.exponent);
  }
}

void write_weights(AtomicFile& file, std::span<const Tensor> tensors, std::uint64_t seed) {
  std::vector<std::uint64_t> draws;
  std::vector<std::uint16_t> values;
  for (const Tensor& tensor : tensors) {
    const Distribution distribution = Distribution::of(tensor.expected);
    const std::uint64_t key = draw_key(tensor.expected.name, 0);
    for (Index first = 0; first < tensor.values; first += kValuesAtOnce) {
      values.resize(static_cast<std::size_t>(std::min(kValuesAtOnce, tensor.values - first)));
      draw(distribution, first, key, seed, draws, values);
      file.write(std::as_bytes(std::span(values)));
    }
  }
}

void write_shard(const std::filesystem::path& path, std::span<const Tensor> tensors,
                 const RandomCheckpointOptions& options) {
  Json header = {{"__metadata__", {{"format", "pt"}}}};
  Index offset = 0;
  for (const Tensor& tensor : tensors) {
    header[tensor.expected.name] = {{"dtype", "BF16"},
                                    {"shape", tensor.expected.shape},
                                    {"data_offsets", {offset, offset + tensor.bytes()}}};
    offset += tensor.bytes();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  static_assert(std::endian::native == std::endian::little);
  const std::uint64_t length = text.size();
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(std::as_bytes(std::span(text)));
  if (!options.is_hollow) write_weights(file, tensors, options.seed);
  file.commit();
  if (options.is_hollow)
    std::filesystem::resize_file(path,
                                 sizeof length + length + static_cast<std::uintmax_t>(offset));
}

}  // namespace

Index write_random_checkpoint(const Json& config, const std::filesystem::path& dir,
                              const RandomCheckpointOptions& options) {
  const std::vector<Tensor> tensors = tensors_of(config);
  std::vector<std::size_t> ends;  // of the shards
  Index total = 0, in_shard = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (in_shard > 0 && in_shard + tensors[i].bytes() > options.shard_bytes) {
      ends.push_back(i);
      in_shard = 0;
    }
    in_shard += tensors[i].bytes();
    total += tensors[i].bytes();
  }
  ends.push_back(tensors.size());

  std::filesystem::create_directories(dir);
  // The other form would go before this one.
  for (const char* earlier : {"model.safetensors", "model.safetensors.index.json"})
    std::filesystem::remove(dir / earlier);
  Json index = {{"metadata", {{"total_size", total}}}, {"weight_map", Json::object()}};
  std::size_t begin = 0;
  for (std::size_t s = 0; s < ends.size(); ++s) {
    const std::string name =
        ends.size() == 1 ? "model.safetensors"
                         : fmt::format("model-{:05}-of-{:05}.safetensors", s + 1, ends.size());
    const auto shard = std::span(tensors).subspan(begin, ends[s] - begin);
    write_shard(dir / name, shard, options);
    for (const Tensor& tensor : shard) index["weight_map"][tensor.expected.name] = name;
    begin = ends[s];
  }
  if (ends.size() > 1)
    write_file_atomically(dir / "model.safetensors.index.json", index.dump(1) + "\n");
  write_file_atomically(dir / "config.json", config.dump(1) + "\n");
  return total;
}

}  // namespace nf
