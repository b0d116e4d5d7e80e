#include "core/checkpoint/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/checkpoint/safetensors.h"
#include "core/checkpoint/torch_bin.h"
#include "core/io/hash_files.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "core/tensor/matrix.h"

namespace nf {

/// One of the forms in which weights are published.
struct Checkpoint::WeightFormat {
  const char* single_name;
  const char* index_name;
  WeightFile (*open)(const std::filesystem::path&);
};

namespace {

/// Floats of a row slab that is compared: two of them stay in a cache.
constexpr Index kComparedFloats = Index{1} << 15;

/// weight_map of the index: tensor name -> shard file name.
std::map<std::string, std::string> read_weight_map(const std::filesystem::path& path) {
  const SortedJson index = parse_sorted_python_json(read_text_file(path), path.string());
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
    throw DataError(fmt::format(
        "{}: no config.json; {}", dir.string(),
        std::filesystem::is_directory(dir / "snapshots")
            ? "the checkpoint of a Hugging Face cache is the directory in its snapshots/"
            : "is this a Hugging Face checkpoint directory?"));
  checkpoint.watch_small_files();
  checkpoint.config_text_ = read_text_file(config_path);
  checkpoint.config_ = parse_python_json(checkpoint.config_text_, config_path.string());
  if (!checkpoint.config_.is_object())
    throw DataError(fmt::format("{}: expected a JSON object", config_path.string()));

  // The order in which transformers looks.
  const std::array<WeightFormat, 2> formats{{
      {"model.safetensors", "model.safetensors.index.json", open_safetensors},
      {"pytorch_model.bin", "pytorch_model.bin.index.json", open_torch_bin},
  }};
  std::string looked_for, taken;
  for (const WeightFormat& format : formats) {
    for (const char* name : {format.single_name, format.index_name}) {
      looked_for += fmt::format("{}{}", looked_for.empty() ? "" : ", ", name);
      if (!std::filesystem::exists(dir / name)) continue;
      if (!taken.empty()) {
        checkpoint.warnings_.push_back(
            fmt::format("{}: {} is read; {} beside it is not", dir.string(), taken, name));
        continue;
      }
      taken = name;
      name == format.single_name ? checkpoint.open_single(format) : checkpoint.open_shards(format);
    }
  }
  if (taken.empty())
    throw DataError(fmt::format("{}: no weights; looked for {}", dir.string(), looked_for));
  return checkpoint;
}

/// Maps the files that are read for their text as well, for what is mapped is looked at again while
/// it is in use (check_mapped_files). Whoever reads one that cannot be opened tells it.
void Checkpoint::watch_small_files() {
  for (const char* name :
       {"config.json", "generation_config.json", "model.safetensors.index.json",
        "pytorch_model.bin.index.json", "tokenizer.json", "tokenizer.model", "vocab.json",
        "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"}) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(dir_ / name, ignored)) continue;
    try {
      watched_.emplace_back(dir_ / name);
    } catch (const DataError&) {
    }
  }
}

void Checkpoint::open_single(const WeightFormat& format) {
  files_.push_back(format.open(dir_ / format.single_name));
  for (const TensorInfo& tensor : files_[0].tensors()) tensors_[tensor.name] = {0, &tensor};
}

void Checkpoint::open_shards(const WeightFormat& format) {
  const std::filesystem::path index_path = dir_ / format.index_name;
  const std::map<std::string, std::string> weight_map = read_weight_map(index_path);
  std::map<std::string, std::size_t> shards;  // file name -> place in files_, in the order of names
  for (const auto& [tensor, shard] : weight_map)
    if (std::filesystem::exists(dir_ / shard)) shards[shard] = 0;
  for (auto& [shard, number] : shards) {
    number = files_.size();
    files_.push_back(format.open(dir_ / shard));
  }
  for (const auto& [tensor, shard] : weight_map) {
    const auto found = shards.find(shard);
    const TensorInfo* const info =
        found == shards.end() ? nullptr : files_[found->second].find(tensor);
    if (info != nullptr) {
      tensors_[tensor] = {found->second, info};
    } else if (found == shards.end()) {
      broken_[tensor] =
          fmt::format("{}: tensor '{}': shard '{}' is missing in {}", index_path.string(),
                      printable(tensor), printable(shard), dir_.string());
    } else {
      broken_[tensor] = fmt::format("{}: tensor '{}' is not in shard '{}'", index_path.string(),
                                    printable(tensor), printable(shard));
    }
  }
  take_unlisted();
}

/// A tensor must have one place.
void Checkpoint::take_unlisted() {
  for (std::size_t number = 0; number < files_.size(); ++number) {
    for (const TensorInfo& tensor : files_[number].tensors()) {
      const auto [known, is_new] = tensors_.try_emplace(tensor.name, Place{number, &tensor});
      if (is_new && broken_.contains(tensor.name)) {
        warnings_.push_back(fmt::format("{}; it is taken from {}", broken_[tensor.name],
                                        files_[number].path().filename().string()));
        broken_.erase(tensor.name);
      } else if (is_new) {
        unlisted_.insert(tensor.name);
      } else if (known->second.file != number) {
        doubled_.insert(tensor.name);
        broken_[tensor.name] = fmt::format("{}: tensor '{}' is in {} as well",
                                           files_[number].path().string(), printable(tensor.name),
                                           files_[known->second.file].path().filename().string());
      }
    }
  }
  for (const auto& [name, cause] : broken_) tensors_.erase(name);
}

bool Checkpoint::has(std::string_view name) const { return tensors_.find(name) != tensors_.end(); }

bool Checkpoint::is_listed(std::string_view name) const {
  return has(name) && !unlisted_.contains(name);
}

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

bool Checkpoint::equal_values(std::string_view a, std::string_view b) const {
  const Place &first = place(a), &second = place(b);
  const TensorInfo& info = *first.info;
  NF_CHECK(info.shape == second.info->shape, "'{}' {} and '{}' {}", a, info.shape_text(), b,
           second.info->shape_text());
  // Files of torch.save hold a tied pair once.
  const auto same = [&](auto member) { return info.*member == second.info->*member; };
  if (first.file == second.file && same(&TensorInfo::begin) && same(&TensorInfo::dtype) &&
      same(&TensorInfo::strides))
    return true;
  const Index row_bytes = std::max<Index>(1, info.cols() * dtype_bytes(info.dtype));
  const Index step = std::max<Index>(1, kReleaseBytes / row_bytes);
  std::atomic<bool> equal = true;
  parallel_for((info.rows() + step - 1) / step, [&](Index i) {
    if (!equal) return;
    const Index begin = i * step, count = std::min(step, info.rows() - begin);
    if (!equal_rows(first, second, begin, count)) equal = false;
    release(a, begin, count);
    release(b, begin, count);
  });
  return equal;
}

bool Checkpoint::equal_rows(const Place& a, const Place& b, Index begin_row,
                            Index row_count) const {
  const WeightFile &first = files_[a.file], &second = files_[b.file];
  const Index step = std::max<Index>(1, kComparedFloats / std::max<Index>(1, a.info->cols()));
  Matrix values, others;
  for (Index row = begin_row; row < begin_row + row_count; row += step) {
    const Index count = std::min(step, begin_row + row_count - row);
    if (a.info->dtype == b.info->dtype) {
      const auto bytes = first.row_bytes(*a.info, row, count);
      const auto other_bytes = second.row_bytes(*b.info, row, count);
      if (!bytes.empty() && bytes.size() == other_bytes.size() &&
          std::memcmp(bytes.data(), other_bytes.data(), bytes.size()) == 0)
        continue;
    }
    values.resize(count, a.info->cols());
    others.resize(count, a.info->cols());
    try {
      first.read_f32(*a.info, row, values);
      second.read_f32(*b.info, row, others);
    } catch (const DataError&) {
      return false;  // it is told when the tensor is read
    }
    if (!std::equal(values.data(), values.data() + values.size(), others.data())) return false;
  }
  return true;
}

std::string Checkpoint::content_hash(const PieceHashCache* cache) const {
  std::vector<const MappedFile*> files;
  for (const WeightFile& file : files_) files.push_back(&file.file());
  return hash_files(config_text_, files, cache);
}

const Checkpoint::Place& Checkpoint::place(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found != tensors_.end()) return found->second;
  if (const auto known = broken_.find(name); known != broken_.end()) throw DataError(known->second);
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
