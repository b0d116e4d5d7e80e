#include "core/io/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/base/suggest.h"
#include "core/io/content_hash.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"

namespace nf {
namespace {

constexpr const char* kSingleName = "model.safetensors";
constexpr const char* kIndexName = "model.safetensors.index.json";
/// Bytes hashed at a time: resident memory stays at two of these, however large the model is.
constexpr Index kHashStep = Index{16} << 20;

[[noreturn]] void fail_without_weights(const std::filesystem::path& dir) {
  for (const char* pickled : {"pytorch_model.bin", "pytorch_model.bin.index.json"})
    if (std::filesystem::exists(dir / pickled))
      throw DataError(
          fmt::format("{}: only {} is here, but weights are read from {} (or shards and {}); save "
                      "the model again with save_pretrained(dir, safe_serialization=True)",
                      dir.string(), pickled, kSingleName, kIndexName));
  throw DataError(
      fmt::format("{}: neither {} nor {} is here", dir.string(), kSingleName, kIndexName));
}

/// weight_map of the index: tensor name -> shard file name.
std::map<std::string, std::string> read_weight_map(const std::filesystem::path& path) {
  const SortedJson index = read_sorted_json(path);
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (map == index.end() || !map->is_object())
    throw DataError(fmt::format("{}: weight_map is missing or not an object", path.string()));
  std::map<std::string, std::string> out;
  for (const auto& [tensor, shard] : map->items()) {
    // A shard is a file beside the index: the name must not lead anywhere else.
    const std::filesystem::path file = shard.is_string() ? shard.get<std::string>() : "";
    if (file.empty() || file.filename() != file || file == "." || file == "..")
      throw DataError(
          fmt::format("{}: tensor '{}': expected the name of a file beside the index, "
                      "found {}",
                      path.string(), printable(tensor),
                      printable(shard.dump(-1, ' ', false, SortedJson::error_handler_t::replace))));
    out[tensor] = file.string();
  }
  return out;
}

}  // namespace

Checkpoint Checkpoint::open(const std::filesystem::path& dir) {
  Checkpoint checkpoint;
  checkpoint.dir_ = dir;
  if (!std::filesystem::is_directory(dir))
    throw DataError(fmt::format("{}: {}", dir.string(),
                                std::filesystem::exists(dir)
                                    ? "not a directory; a Hugging Face checkpoint is one"
                                    : "no such directory"));
  const std::filesystem::path config_path = dir / "config.json";
  if (!std::filesystem::exists(config_path))
    throw DataError(fmt::format("{}: no config.json; is this a Hugging Face checkpoint directory?",
                                dir.string()));
  checkpoint.config_text_ = read_text_file(config_path);
  checkpoint.config_ = parse_json(checkpoint.config_text_, config_path.string());
  if (!checkpoint.config_.is_object())
    throw DataError(fmt::format("{}: expected a JSON object", config_path.string()));

  // The single file first, as transformers does when both are there.
  if (std::filesystem::exists(dir / kSingleName)) {
    checkpoint.open_single(dir / kSingleName);
  } else if (std::filesystem::exists(dir / kIndexName)) {
    checkpoint.open_shards(dir / kIndexName);
  } else {
    fail_without_weights(dir);
  }
  return checkpoint;
}

void Checkpoint::open_single(const std::filesystem::path& path) {
  files_.emplace_back(path);
  for (const TensorInfo& tensor : files_[0].tensors()) tensors_[tensor.name] = {0, &tensor};
}

void Checkpoint::open_shards(const std::filesystem::path& index_path) {
  const std::map<std::string, std::string> weight_map = read_weight_map(index_path);
  std::map<std::string, std::size_t> shards;  // file name -> place in files_, in the order of names
  for (const auto& [tensor, shard] : weight_map) shards[shard] = 0;
  for (auto& [shard, number] : shards) {
    if (!std::filesystem::exists(dir_ / shard))
      throw DataError(fmt::format("{}: shard '{}' is missing in {}", index_path.string(),
                                  printable(shard), dir_.string()));
    number = files_.size();
    files_.emplace_back(dir_ / shard);
  }
  for (const auto& [tensor, shard] : weight_map) {
    const std::size_t number = shards[shard];
    const TensorInfo* const info = files_[number].find(tensor);
    if (info == nullptr)
      throw DataError(fmt::format("{}: tensor '{}' is not in shard '{}'", index_path.string(),
                                  printable(tensor), printable(shard)));
    tensors_[tensor] = {number, info};
  }
  for (const SafetensorsFile& file : files_)
    for (const TensorInfo& tensor : file.tensors())
      if (!has(tensor.name))
        throw DataError(fmt::format("{}: tensor '{}' is not in the weight_map of {}",
                                    file.path().string(), printable(tensor.name), kIndexName));
}

bool Checkpoint::has(std::string_view name) const { return tensors_.find(name) != tensors_.end(); }

const TensorInfo& Checkpoint::info(std::string_view name) const { return *place(name).info; }

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> out;
  for (const auto& [name, place] : tensors_) out.push_back(name);
  return out;
}

void Checkpoint::read_f32(std::string_view name, Index begin_row, Index row_count,
                          MatrixView out) const {
  NF_CHECK(out.rows() == row_count, "{} rows into a view of {}", row_count, out.rows());
  const Place& at = place(name);
  files_[at.file].read_f32(*at.info, begin_row, out);
}

std::string Checkpoint::content_hash() const {
  ContentHash hash;
  hash.add(config_text_);
  for (const SafetensorsFile& shard : files_) {
    const MappedFile& file = shard.file();
    hash.add_length(static_cast<std::size_t>(file.size()));
    for (Index begin = 0; begin < file.size(); begin += kHashStep) {
      const Index count = std::min(kHashStep, file.size() - begin);
      const Index next = begin + count;
      // Read ahead while this piece is hashed, and keep the resident memory small for large models.
      file.advise(next, std::min(kHashStep, file.size() - next), MappedFile::Advice::will_need);
      hash.add_raw(
          file.bytes().subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count)));
      file.advise(begin, count, MappedFile::Advice::dont_need);
    }
  }
  return hash.hex();
}

const Checkpoint::Place& Checkpoint::place(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found != tensors_.end()) return found->second;
  const std::string near = nearest_name(name, names());
  throw DataError(fmt::format("{}: tensor '{}' is missing{}", dir_.string(), name,
                              near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

void Checkpoint::advise(std::string_view name, MappedFile::Advice advice) const {
  const Place& at = place(name);
  files_[at.file].file().advise(at.info->begin, at.info->bytes, advice);
}

}  // namespace nf
