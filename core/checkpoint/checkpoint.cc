#include "core/checkpoint/checkpoint.h"

#include <fmt/format.h>

#include <array>

#include "core/base/check.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/checkpoint/safetensors.h"
#include "core/checkpoint/torch_bin.h"
#include "core/io/hash_files.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"

namespace nf {

/// One of the forms in which weights are published.
struct Checkpoint::WeightFormat {
  const char* single_name;
  const char* index_name;
  WeightFile (*open)(const std::filesystem::path&);
  bool strict_index;  ///< a tensor that the index does not list is an error
};

namespace {

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

Checkpoint Checkpoint::without_weights(Json config) {
  Checkpoint checkpoint;
  checkpoint.config_ = std::move(config);
  return checkpoint;
}

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

  // The order in which transformers looks.
  const std::array<WeightFormat, 2> formats{{
      {"model.safetensors", "model.safetensors.index.json", open_safetensors, true},
      {"pytorch_model.bin", "pytorch_model.bin.index.json", open_torch_bin, false},
  }};
  std::string looked_for;
  for (const WeightFormat& format : formats) {
    if (std::filesystem::exists(dir / format.single_name)) {
      checkpoint.open_single(format);
      return checkpoint;
    }
    if (std::filesystem::exists(dir / format.index_name)) {
      checkpoint.open_shards(format);
      return checkpoint;
    }
    looked_for += fmt::format("{}{}, {}", looked_for.empty() ? "" : ", ", format.single_name,
                              format.index_name);
  }
  throw DataError(fmt::format("{}: no weights; looked for {}", dir.string(), looked_for));
}

void Checkpoint::open_single(const WeightFormat& format) {
  files_.push_back(format.open(dir_ / format.single_name));
  for (const TensorInfo& tensor : files_[0].tensors()) tensors_[tensor.name] = {0, &tensor};
}

void Checkpoint::open_shards(const WeightFormat& format) {
  const std::filesystem::path index_path = dir_ / format.index_name;
  const std::map<std::string, std::string> weight_map = read_weight_map(index_path);
  std::map<std::string, std::size_t> shards;  // file name -> place in files_, in the order of names
  for (const auto& [tensor, shard] : weight_map) shards[shard] = 0;
  for (auto& [shard, number] : shards) {
    if (!std::filesystem::exists(dir_ / shard))
      throw DataError(fmt::format("{}: shard '{}' is missing in {}", index_path.string(),
                                  printable(shard), dir_.string()));
    number = files_.size();
    files_.push_back(format.open(dir_ / shard));
  }
  for (const auto& [tensor, shard] : weight_map) {
    const std::size_t number = shards[shard];
    const TensorInfo* const info = files_[number].find(tensor);
    if (info == nullptr)
      throw DataError(fmt::format("{}: tensor '{}' is not in shard '{}'", index_path.string(),
                                  printable(tensor), printable(shard)));
    tensors_[tensor] = {number, info};
  }
  take_unlisted(format);
}

/// Every tensor of the shards must have one place.
void Checkpoint::take_unlisted(const WeightFormat& format) {
  for (std::size_t number = 0; number < files_.size(); ++number) {
    const auto fail = [&](const TensorInfo& tensor, const std::string& cause) {
      throw DataError(fmt::format("{}: tensor '{}' {}", files_[number].path().string(),
                                  printable(tensor.name), cause));
    };
    for (const TensorInfo& tensor : files_[number].tensors()) {
      const auto known = tensors_.find(tensor.name);
      if (known == tensors_.end()) {
        if (format.strict_index)
          fail(tensor, fmt::format("is not in the weight_map of {}", format.index_name));
        tensors_[tensor.name] = {number, &tensor};
      } else if (known->second.file != number) {
        fail(tensor, fmt::format("is in {} as well",
                                 files_[known->second.file].path().filename().string()));
      }
    }
  }
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
  std::vector<const MappedFile*> files;
  for (const WeightFile& file : files_) files.push_back(&file.file());
  return hash_files(config_text_, files);
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
  files_[at.file].advise(*at.info, advice);
}

void Checkpoint::advise(std::string_view name, Index begin_row, Index row_count,
                        MappedFile::Advice advice) const {
  const Place& at = place(name);
  files_[at.file].advise(*at.info, begin_row, row_count, advice);
}

}  // namespace nf
