#include "core/model/checkpoint_checks.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/base/printable.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"

namespace nf {
namespace {

bool matches(const std::string& name, const std::string& pattern) {
  if (pattern.starts_with('*')) return name.ends_with(pattern.substr(1));
  return name == pattern;
}

bool is_ignored(const DecoderSpec& spec, const std::string& name) {
  return std::any_of(spec.ignored.begin(), spec.ignored.end(),
                     [&](const std::string& pattern) { return matches(name, pattern); });
}

/// "'a', 'b' and 3 more"
std::string short_list(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 2;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i)
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", printable(names[i]));
  return names.size() <= kShown ? text : fmt::format("{} and {} more", text, names.size() - kShown);
}

std::set<std::string> check_used(const DecoderSpec& spec, const Checkpoint& checkpoint,
                                 const HfConfig& config) {
  std::set<std::string> used;
  std::vector<std::string> narrowed;
  for (const ExpectedTensor& expected : expected_tensors(spec)) {
    const TensorInfo& found = checkpoint.info(expected.name);
    if (found.shape != expected.shape)
      throw DataError(fmt::format("{}: tensor '{}' is [{}], config.json implies [{}]",
                                  checkpoint.dir().string(), expected.name,
                                  fmt::join(found.shape, ", "), fmt::join(expected.shape, ", ")));
    if (!is_weight_dtype(found.dtype))
      throw DataError(
          fmt::format("{}: tensor '{}' is of {}, not of F32, F16, BF16 or F64; are the "
                      "weights quantized?",
                      checkpoint.dir().string(), expected.name, dtype_name(found.dtype)));
    if (found.dtype == Dtype::f64) narrowed.push_back(expected.name);
    used.insert(expected.name);
  }
  if (!narrowed.empty())
    config.warn_of(checkpoint.dir().string(),
                   fmt::format("weights of F64 are rounded to float32: {}", short_list(narrowed)));
  return used;
}

/// The element type of most weights.
Dtype common_dtype(const DecoderSpec& spec, const Checkpoint& checkpoint) {
  std::map<Dtype, Index> elements;
  for (const ExpectedTensor& expected : expected_tensors(spec)) {
    const TensorInfo& info = checkpoint.info(expected.name);
    elements[info.dtype] += info.rows() * info.cols();
  }
  return std::max_element(elements.begin(), elements.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

void check_torch_dtype(const DecoderSpec& spec, const Checkpoint& checkpoint,
                       const HfConfig& config) {
  constexpr std::array<std::pair<std::string_view, Dtype>, 4> kNames{{{"float32", Dtype::f32},
                                                                      {"float16", Dtype::f16},
                                                                      {"bfloat16", Dtype::bf16},
                                                                      {"float64", Dtype::f64}}};
  const std::string field = config.spelling({"dtype", "torch_dtype"});
  if (!config.raw(field).is_string()) return;
  std::string name = config.raw(field).get<std::string>();
  if (name.starts_with("torch.")) name = name.substr(6);
  const Dtype stored = common_dtype(spec, checkpoint);
  for (const auto& [known, dtype] : kNames)
    if (name == known && dtype != stored)
      config.warn(field, fmt::format("is {}, but the weights are of {}: they are used as stored",
                                     name, dtype_name(stored)));
}

void check_architectures(const DecoderSpec& spec, const HfConfig& config) {
  const Json& names = config.raw("architectures");
  if (names.is_string())
    config.warn("architectures", fmt::format("is {}, no list of texts: transformers refuses that",
                                             printable(names.dump())));
  if (!names.is_array() || names.empty()) return;
  if (std::find(names.begin(), names.end(), Json(spec.architecture)) == names.end())
    config.warn("architectures", fmt::format("is {}; model_type '{}' is used, a {}", names.dump(),
                                             config.text_or("model_type", ""), spec.architecture));
}

}  // namespace

void check_tensors(const DecoderSpec& spec, const Checkpoint& checkpoint, const HfConfig& config) {
  const std::set<std::string> used = check_used(spec, checkpoint, config);
  std::vector<std::string> unlisted, broken;
  for (const std::string& name : checkpoint.names()) {
    if (used.contains(name) || is_ignored(spec, name)) continue;
    if (checkpoint.is_listed(name))
      throw DataError(fmt::format("{}: tensor '{}' is not part of a {} with this config.json",
                                  checkpoint.dir().string(), printable(name), spec.architecture));
    unlisted.push_back(name);
  }
  for (const auto& [name, cause] : checkpoint.broken()) broken.push_back(name);
  const std::string dir = checkpoint.dir().string();
  if (!unlisted.empty())
    config.warn_of(dir, fmt::format("tensors that the index does not list and a {} does not have "
                                    "are not used: {}",
                                    spec.architecture, short_list(unlisted)));
  if (!broken.empty())
    config.warn_of(dir, fmt::format("tensors that the model does not need are not where the index "
                                    "says: {}",
                                    short_list(broken)));
}

void check_claims(const DecoderSpec& spec, const Checkpoint& checkpoint, const HfConfig& config) {
  check_torch_dtype(spec, checkpoint, config);
  check_architectures(spec, config);
  if (std::filesystem::exists(checkpoint.dir() / "adapter_config.json"))
    throw DataError(
        fmt::format("{}: adapter_config.json: an adapter beside the weights is not "
                    "applied; merge it into them, or move its files elsewhere",
                    checkpoint.dir().string()));
}

void read_bos(DecoderSpec& spec, const Checkpoint& checkpoint, const HfConfig& config) {
  const char* const field = "bos_token_id";
  const Json& bos = config.raw(field);
  if (bos.is_number_integer() && bos >= 0 && bos < spec.vocab_size) {
    spec.bos_token_id = bos.get<Index>();
  } else if (!bos.is_null()) {
    spec.bos_problem = fmt::format("{}: {}: must be a token id below vocab_size {}, is {}",
                                   config.file(), field, spec.vocab_size, printable(bos.dump()));
  }
  const std::filesystem::path path = checkpoint.dir() / "generation_config.json";
  if (!std::filesystem::exists(path)) return;
  const Json generation = parse_python_json(read_text_file(path), path.string());
  if (!generation.is_object())
    throw DataError(fmt::format("{}: expected a JSON object", path.string()));
  const Json other = generation.value(field, Json());
  if (!bos.is_null() && !other.is_null() && bos != other)
    config.warn(field, fmt::format("{} is used; generation_config.json has {}",
                                   printable(bos.dump()), printable(other.dump())));
}

}  // namespace nf
