#pragma once

#include <optional>
#include <string>

#include "core/config/field_table.h"
#include "core/config/path_value.h"
#include "eval/data/read_windows.h"

namespace nf {

template <>
struct EnumNames<Bos> {
  static constexpr EnumName<Bos> table[] = {
      {Bos::none, "none", "no special token anywhere"},
      {Bos::document, "document", "the model's bos_token_id before each document"},
      {Bos::window, "window",
       "the model's bos_token_id at the start of each window, counted in its length; with "
       "llama.cpp in the place of the window's first token"},
  };
};

template <>
struct EnumNames<Convention> {
  static constexpr EnumName<Convention> table[] = {
      {Convention::window, "window",
       "non-overlapping windows, the first token of each not scored, a short tail dropped (version "
       "1)"},
      {Convention::strided, "strided",
       "windows that begin every `stride` tokens, each token scored once, in the first window that "
       "holds it (version 1)"},
      {Convention::llama_cpp, "llama.cpp",
       "non-overlapping windows, the tokens T/2+1 to T-1 of each scored, a short tail dropped "
       "(version 1)"},
  };
};

/// `data:` of an experiment.
struct DataConfig {
  std::optional<PathValue> text, jsonl, ids;
  std::string field = "text";
  Index context = 0;
  std::optional<Index> windows;
  Convention convention = Convention::window;
  std::optional<Index> stride;
  Bos bos = Bos::none;

  static FieldTable<DataConfig> fields();
  void check(const ConfigNode& node, ConfigErrors& errors) const;
  /// Every key with its value, the stride in effect filled in.
  Json resolved() const;

  /// The one file that is given.
  const PathValue& source() const { return text ? *text : jsonl ? *jsonl : *ids; }
  /// The data as the model in `model_dir` reads it: nf::read_windows().
  TokenWindows read_windows(const std::filesystem::path& model_dir, const DecoderSpec& spec) const;

 private:
  WindowOptions window_options() const;
};

}  // namespace nf
