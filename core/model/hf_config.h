#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// A checkpoint's config.json with Hugging Face's field names. Every getter throws DataError naming
/// the file, the field, what was found and what was expected. Unknown fields are ignored, as
/// transformers does. Where two fields disagree and one of them wins, that is noted as a warning.
/// Copies and nested objects share their warnings; for one thread at a time.
class HfConfig {
 public:
  /// `file` is how errors name it.
  HfConfig(Json json, std::string file)
      : json_(std::move(json)),
        file_(std::move(file)),
        warnings_(std::make_shared<std::vector<std::string>>()) {}

  Index positive(const std::string& field) const;
  Index positive_or(const std::string& field, Index fallback) const;
  double number(const std::string& field) const;
  double number_or(const std::string& field, double fallback) const;
  bool flag_or(const std::string& field, bool fallback) const;
  std::string text_or(const std::string& field, const std::string& fallback) const;
  /// The field as it is; null where it is absent or null.
  const Json& raw(const std::string& field) const;
  /// The field is there, be it null. Most fields mean the same absent and null, but not all:
  /// Mistral's sliding_window is 4096 where it is absent and none where it is null.
  bool has(const std::string& field) const { return json_.contains(field); }
  /// The name of a field that this file uses: the first that is neither absent nor null, and the
  /// first of all where none is. Warns where another one has another value.
  std::string spelling(const std::vector<std::string>& names) const;
  /// A nested object as a config of its own, named "field" in errors.
  HfConfig object(const std::string& field) const;
  /// Refuses a field whose value would change the numbers in a way that is not implemented.
  void require(bool condition, const std::string& field, const std::string& cause) const;

  /// Notes "FILE: FIELD: CAUSE", once.
  void warn(const std::string& field, const std::string& cause) const {
    warn_of(file_, field + ": " + cause);
  }
  /// Notes "PLACE: CAUSE", once: of a file beside this one.
  void warn_of(const std::string& place, const std::string& cause) const;
  const std::vector<std::string>& warnings() const { return *warnings_; }

  const std::string& file() const { return file_; }

 private:
  [[noreturn]] void fail(const std::string& field, const std::string& cause) const;

  Json json_;
  std::string file_;
  std::shared_ptr<std::vector<std::string>> warnings_;
};

}  // namespace nf
