#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/text/json_place.h"
#include "core/text/normalizer.h"
#include "core/text/pcre.h"

namespace nf {

/// The normalizer Replace: every match of a pattern becomes `content`, literally (no $1).
class Replace final : public Normalizer {
 public:
  /// {"type": "Replace", "pattern": {"Regex": R} or {"String": S}, "content": C}.
  explicit Replace(const JsonPlace& json);

  std::string apply(std::string_view text) const override;
  bool drops_start(std::string_view text) const override;

 private:
  std::vector<Match> find_matches(std::string_view text) const;

  std::string literal_;         ///< the text to find where there is no regex_
  std::optional<Regex> regex_;  ///< absent where the pattern is plain text
  std::string content_;
};

}  // namespace nf
