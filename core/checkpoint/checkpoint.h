#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"
#include "core/checkpoint/weight_file.h"
#include "core/tensor/view.h"

namespace nf {

class PieceHashCache;

/// Pages of a file of weights are dropped in pieces of that size.
inline constexpr Index kReleaseBytes = Index{8} << 20;

/// A Hugging Face checkpoint directory: config.json and the weights. The weights are the first of
/// these that is there, as transformers chooses: model.safetensors, the shards that
/// model.safetensors.index.json names, pytorch_model.bin (core/checkpoint/torch_bin.h), the shards
/// that pytorch_model.bin.index.json names. Shards are read whole, as transformers does: a tensor
/// that the index does not list is one like the others, and one that it lists in vain, or that two
/// shards hold, is an error only for who asks for it. Opening checks every header; no weight is
/// read before it is asked for. Move-only; every const member is thread-safe.
class Checkpoint {
 public:
  /// DataError naming the directory or file, the tensor or byte offset, and the cause.
  static Checkpoint open(const std::filesystem::path& dir);
  /// A config.json alone: to learn which tensors a model of that config would have.
  static Checkpoint without_weights(Json config);

  const std::filesystem::path& dir() const { return dir_; }
  /// config.json, an object; its keys are not checked here.
  const Json& config() const { return config_; }

  /// The tensor is there to be read.
  bool has(std::string_view name) const;
  /// The tensor is there and no index fails to list it.
  bool is_listed(std::string_view name) const;
  /// Two shards hold the tensor; info() then throws.
  bool is_doubled(std::string_view name) const { return doubled_.contains(name); }
  /// DataError "DIR: tensor 'x' is missing; did you mean 'y'?", or what is wrong with the index.
  const TensorInfo& info(std::string_view name) const;
  /// Every tensor, sorted.
  std::vector<std::string> names() const;
  /// Tensors that the index lists in vain or that two shards hold, and what is wrong with each.
  const std::map<std::string, std::string, std::less<>>& broken() const { return broken_; }
  /// Files beside the weights that say something else, or might.
  const std::vector<std::string>& warnings() const { return warnings_; }

  /// Rows [begin_row, begin_row + row_count) of a vector [n] (one row) or matrix [rows, cols],
  /// converted to f32; out: [row_count, cols]. DataError "FILE: tensor 'x': NaN at [row, col]", for
  /// infinities likewise, and when the dtype is none of weights. Single-threaded inside: callers
  /// share rows among threads.
  void read_f32(std::string_view name, Index begin_row, Index row_count, MatrixView out) const;

  /// Whether two matrices of one shape have the same values as f32. Some rows at a time are held in
  /// memory, shared out among the threads. Tensors with values that are not finite differ.
  bool equal_values(std::string_view a, std::string_view b) const;

  /// Starts reading the tensor, or rows [begin_row, begin_row + row_count) of a vector or matrix,
  /// from the disk, and lets the bytes leave the resident memory. Hints only. Pages that were read
  /// stay resident until they are released, so whoever streams a checkpoint releases what it has
  /// converted.
  void prefetch(std::string_view name) const { advise(name, MappedFile::Advice::will_need); }
  void prefetch(std::string_view name, Index begin_row, Index row_count) const {
    advise(name, begin_row, row_count, MappedFile::Advice::will_need);
  }
  void release(std::string_view name) const { advise(name, MappedFile::Advice::dont_need); }
  void release(std::string_view name, Index begin_row, Index row_count) const {
    advise(name, begin_row, row_count, MappedFile::Advice::dont_need);
  }

  /// Names the model: 32 hexadecimal digits of config.json's bytes and every weight file's, in the
  /// order of the file names, as hash_files defines them (ids that were recorded when each
  /// file was hashed in one go are others). Uses all threads and reads everything that the cache
  /// does not know, each time it is called: keep the answer.
  std::string content_hash(const PieceHashCache* cache = nullptr) const;

 private:
  struct WeightFormat;
  struct Place {
    std::size_t file;  ///< into files_
    const TensorInfo* info;
  };

  Checkpoint() = default;
  void watch_small_files();
  void open_single(const WeightFormat& format);
  void open_shards(const WeightFormat& format);
  void take_unlisted();
  bool equal_rows(const Place& a, const Place& b, Index begin_row, Index row_count) const;
  const Place& place(std::string_view name) const;
  void advise(std::string_view name, MappedFile::Advice advice) const;
  void advise(std::string_view name, Index begin_row, Index row_count,
              MappedFile::Advice advice) const;

  std::filesystem::path dir_;
  std::string config_text_;
  Json config_;
  std::vector<WeightFile> files_;  ///< by file name
  std::map<std::string, Place, std::less<>> tensors_;
  std::set<std::string, std::less<>> unlisted_, doubled_;
  std::map<std::string, std::string, std::less<>> broken_;
  std::vector<std::string> warnings_;
  std::vector<MappedFile> watched_;  ///< files beside the weights, so that a change is noticed
};

}  // namespace nf
