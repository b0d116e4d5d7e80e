#pragma once

#include <string>
#include <string_view>

#include "core/text/normalizer.h"

namespace nf {

/// The normalization forms of Unicode Standard Annex #15.
enum class UnicodeForm { nfc, nfd, nfkc, nfkd };

/// The normalizers NFC, NFD, NFKC and NFKD. Hugging Face tokenizers 0.23 has the tables of Unicode
/// 9.0: a character that is newer has no decomposition, stays where it is and combines with
/// nothing.
class UnicodeNormalizer final : public Normalizer {
 public:
  explicit UnicodeNormalizer(UnicodeForm form) : form_(form) {}
  std::string apply(std::string_view text) const override;

 private:
  UnicodeForm form_;
};

/// The normalizer Lowercase: each character by itself, whatever stands around it (Unicode 17, the
/// final sigma is like any other).
class Lowercase final : public Normalizer {
 public:
  std::string apply(std::string_view text) const override;
};

/// The normalizer StripAccents: takes out all marks (general category M, Unicode 9.0).
class StripAccents final : public Normalizer {
 public:
  std::string apply(std::string_view text) const override;
  bool drops_start(std::string_view text) const override;
};

}  // namespace nf
