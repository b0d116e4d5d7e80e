#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// File that `noisefloor bench` leaves in a run folder: times of this machine, of no record's.
inline constexpr const char* kBench = "bench.json";

/// The linears of all blocks of a model, and its head.
struct LinearSizes {
  Index linears = 0;
  Index inputs = 0;  ///< distinct tensors that they read; 0: unknown, in a file without it
  double values = 0.0, rows = 0.0;  ///< of all of them together
  double head_values = 0.0;
};

/// Bits of a stored value of such a weight: its own, and its share of a scale of 16 bits and, where
/// it is asymmetric, of a zero point as wide as the value.
double stored_bits(double bits, double values_per_scale, bool is_asymmetric);
/// Bytes of weights that a pass over one token reads: all linears in so many bits a value, the head
/// in so many bytes a value.
double bytes_per_token(const LinearSizes& sizes, double bits, double head_bytes);

/// How fast a model is in one form.
struct FormRate {
  std::string name;                  ///< "w8a8+bf16"
  double prompt = 0.0, token = 0.0;  ///< tokens a second of a prompt, and one by one
  double prompt_speedup = 1.0;       ///< over f32
};

/// A model's speed on one machine.
struct ModelBench {
  std::string model_hash;  ///< ModelIdentity's
  std::string cpu, gemm, isa;
  Index threads = 0, context = 0;
  LinearSizes sizes{};
  std::vector<FormRate> forms{};  ///< f32 first

  const FormRate* find(const std::string& form) const;
};

/// Reads what `bench --into` keeps: what `bench --json` prints, and "model_hash". Throws
/// Json::exception where it is something else.
ModelBench read_bench(const Json& json);
/// The benches of a run folder, one a model; none where nobody took any. Throws DataError for a
/// file that is damaged.
std::vector<ModelBench> read_benches(const std::filesystem::path& dir);
/// Puts such a bench into a run folder, in the place of an earlier one of the same model. Throws
/// DataError where the file is damaged or cannot be written.
void keep_bench(const std::filesystem::path& dir, const Json& bench);
/// The benches of several run folders as they stand there, one a model; an empty array where none
/// has any. Throws ConfigError where two folders have different times of a model, DataError for a
/// file that is damaged.
Json join_benches(const std::vector<std::filesystem::path>& dirs);
/// Writes them into a run folder that has none; nothing of an empty array.
void write_benches(const std::filesystem::path& dir, const Json& benches);

}  // namespace nf
