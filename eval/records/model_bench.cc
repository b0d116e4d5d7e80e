#include "eval/records/model_bench.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

constexpr int kFormat = 1;
constexpr double kScaleBits = 16.0, kBitsOfByte = 8.0;

LinearSizes read_sizes(const Json& json) {
  return {.linears = json.at("linears").get<Index>(),
          .inputs = json.value("inputs", Index{0}),
          .values = json.at("values").get<double>(),
          .rows = json.at("rows").get<double>(),
          .head_values = json.at("head_values").get<double>()};
}

[[noreturn]] void throw_damaged(const std::filesystem::path& file, const std::string& what) {
  throw DataError(
      fmt::format("{}: {}; remove it, and take the times again with noisefloor bench --into",
                  file.string(), what));
}

/// The "benches" of a folder's file as they stand there, each of which read_bench() reads; an empty
/// array where there is none.
Json bench_list(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return Json::array();
  try {
    const Json json = Json::parse(read_text_file(file));
    if (json.at("format").get<int>() == kFormat && json.at("benches").is_array()) {
      for (const Json& bench : json.at("benches")) read_bench(bench);
      return json.at("benches");
    }
  } catch (const Json::exception& error) {
    throw_damaged(file, fmt::format("is damaged ({})", error.what()));
  }
  throw_damaged(file, "is damaged, or another version of the program wrote it");
}

}  // namespace

double stored_bits(double bits, double values_per_scale, bool is_asymmetric) {
  return bits + (kScaleBits + (is_asymmetric ? bits : 0.0)) / values_per_scale;
}

double bytes_per_token(const LinearSizes& sizes, double bits, double head_bytes) {
  return sizes.values * bits / kBitsOfByte + sizes.head_values * head_bytes;
}

const FormRate* ModelBench::find(const std::string& form) const {
  const auto found = std::find_if(forms.begin(), forms.end(),
                                  [&form](const FormRate& each) { return each.name == form; });
  return found == forms.end() ? nullptr : &*found;
}

ModelBench read_bench(const Json& json) {
  ModelBench bench{.model_hash = json.at("model_hash").get<std::string>(),
                   .cpu = json.at("cpu").get<std::string>(),
                   .gemm = json.at("gemm").get<std::string>(),
                   .isa = json.at("isa").get<std::string>(),
                   .threads = json.at("threads").get<Index>(),
                   .context = json.at("context").get<Index>(),
                   .sizes = read_sizes(json.at("sizes"))};
  for (const Json& form : json.at("forms"))
    bench.forms.push_back({.name = form.at("name").get<std::string>(),
                           .prompt = form.at("prompt_tokens_per_second").get<double>(),
                           .token = form.at("single_tokens_per_second").get<double>(),
                           .prompt_speedup = form.at("prompt_speedup").get<double>()});
  return bench;
}

std::vector<ModelBench> read_benches(const std::filesystem::path& dir) {
  std::vector<ModelBench> benches;
  for (const Json& each : bench_list(dir / kBench)) benches.push_back(read_bench(each));
  return benches;
}

void keep_bench(const std::filesystem::path& dir, const Json& bench) {
  Json kept = Json::array();
  for (const Json& other : bench_list(dir / kBench))
    if (other.at("model_hash") != bench.at("model_hash")) kept.push_back(other);
  kept.push_back(bench);
  write_benches(dir, kept);
}

Json join_benches(const std::vector<std::filesystem::path>& dirs) {
  Json joined = Json::array();
  std::vector<std::filesystem::path> files;  // of each of them
  for (const std::filesystem::path& dir : dirs)
    for (const Json& bench : bench_list(dir / kBench)) {
      const auto same = std::find_if(joined.begin(), joined.end(), [&bench](const Json& other) {
        return other.at("model_hash") == bench.at("model_hash");
      });
      if (same == joined.end()) {
        joined.push_back(bench);
        files.push_back(dir / kBench);
      } else if (*same != bench) {
        throw ConfigError(fmt::format(
            "{}: has other times of a model than {}; remove the one that is not to be kept",
            (dir / kBench).string(),
            files[static_cast<std::size_t>(same - joined.begin())].string()));
      }
    }
  return joined;
}

void write_benches(const std::filesystem::path& dir, const Json& benches) {
  if (benches.empty()) return;
  write_file_atomically(dir / kBench,
                        Json({{"format", kFormat}, {"benches", benches}}).dump(1) + "\n");
}

}  // namespace nf
