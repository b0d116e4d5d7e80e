#pragma once

#include <optional>
#include <string>

#include "core/config/field_table.h"
#include "eval/data/windows.h"
#include "eval/experiment/path_value.h"

namespace nf {

template <>
struct EnumNames<Bos> {
  static constexpr EnumName<Bos> table[] = {
      {Bos::none, "none", "no special token anywhere"},
      {Bos::document, "document", "the model's bos_token_id before each document"},
      {Bos::window, "window",
       "the model's bos_token_id at the start of each window, counted in its length"},
  };
};

/// How windows are laid out and which tokens are scored; named in every result.
enum class Convention { window };
template <>
struct EnumNames<Convention> {
  static constexpr EnumName<Convention> table[] = {
      {Convention::window, "window",
       "non-overlapping windows, the first token of each not scored, a short tail dropped (version "
       "1)"},
  };
};

/// `data:` of an experiment.
struct DataConfig {
  std::optional<PathValue> text, jsonl;
  std::string field = "text";
  Index context = 0;
  std::optional<Index> windows;
  Convention convention = Convention::window;
  Bos bos = Bos::none;

  static FieldTable<DataConfig> fields();
  void check(const ConfigNode& node, ConfigErrors& errors) const;

  const PathValue& source() const { return text ? *text : *jsonl; }
  /// Reads the documents; DataError where the file cannot be read.
  std::vector<std::string> read_documents() const;
};

}  // namespace nf
