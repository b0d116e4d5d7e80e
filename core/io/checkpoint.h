#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"
#include "core/io/safetensors.h"
#include "core/tensor/view.h"

namespace nf {

/// A Hugging Face checkpoint directory: config.json and either model.safetensors or the shards that
/// model.safetensors.index.json names. Opening checks every header; no weight is read before it is
/// asked for. Move-only; every const member is thread-safe.
class Checkpoint {
 public:
  /// DataError naming the directory or file, the tensor or byte offset, and the cause.
  static Checkpoint open(const std::filesystem::path& dir);

  const std::filesystem::path& dir() const { return dir_; }
  /// config.json, an object; its keys are not checked here.
  const Json& config() const { return config_; }

  bool has(std::string_view name) const;
  /// DataError "DIR: tensor 'x' is missing; did you mean 'y'?"
  const TensorInfo& info(std::string_view name) const;
  /// Every tensor, sorted.
  std::vector<std::string> names() const;

  /// Rows [begin_row, begin_row + row_count) of a vector [n] (one row) or matrix [rows, cols],
  /// converted to f32; out: [row_count, cols]. DataError "FILE: tensor 'x': NaN at [row, col]", for
  /// infinities likewise, and when the dtype is not f32, f16 or bf16. Single-threaded inside:
  /// callers share rows among threads.
  void read_f32(std::string_view name, Index begin_row, Index row_count, MatrixView out) const;

  /// Starts reading the tensor from the disk, and lets its bytes leave the resident memory. Hints
  /// only.
  void prefetch(std::string_view name) const { advise(name, MappedFile::Advice::will_need); }
  void release(std::string_view name) const { advise(name, MappedFile::Advice::dont_need); }

  /// 32 hexadecimal digits (XXH3-128) of config.json's bytes and every weight file's, in the order
  /// of the file names. Reads everything each time it is called: keep the answer.
  std::string content_hash() const;

 private:
  struct Place {
    std::size_t file;  ///< into files_
    const TensorInfo* info;
  };

  Checkpoint() = default;
  void open_single(const std::filesystem::path& path);
  void open_shards(const std::filesystem::path& index_path);
  const Place& place(std::string_view name) const;
  void advise(std::string_view name, MappedFile::Advice advice) const;

  std::filesystem::path dir_;
  std::string config_text_;
  Json config_;
  std::vector<SafetensorsFile> files_;  ///< by file name
  std::map<std::string, Place, std::less<>> tensors_;
};

}  // namespace nf
