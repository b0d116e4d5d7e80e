#include "core/text/normalizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/base/utf8.h"
#include "core/text/byte_level.h"
#include "core/text/precompiled.h"
#include "core/text/replace.h"
#include "core/text/source_bytes.h"
#include "core/text/unicode_normalizer.h"
#include "core/text/white_space.h"

namespace nf {
namespace {

/// Puts a text before another one that is not empty.
class Prepend final : public Normalizer {
 public:
  explicit Prepend(const JsonPlace& json) : prefix_(json.at("prepend").as_string()) {}

  std::string apply(std::string_view text) const override {
    return text.empty() ? std::string() : prefix_ + std::string(text);
  }

 private:
  std::string prefix_;
};

/// Takes white space off the ends.
class Strip final : public Normalizer {
 public:
  explicit Strip(const JsonPlace& json)
      : left_(json.at("strip_left").as_bool()), right_(json.at("strip_right").as_bool()) {}

  std::string apply(std::string_view text) const override {
    const Index begin = left_ ? skip_space_right(text, 0) : 0;
    const auto size = static_cast<Index>(text.size());
    const Index end = right_ ? skip_space_left(text, size, begin) : size;
    return std::string(
        text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
  }
  bool drops_start(std::string_view text) const override {
    return left_ && skip_space_right(text, 0) > 0;
  }

 private:
  bool left_;
  bool right_;
};

/// Writes every byte as its byte_character().
class ByteLevelNormalizer final : public Normalizer {
 public:
  std::string apply(std::string_view text) const override {
    std::string result;
    result.reserve(2 * text.size());
    for (const char c : text) append_utf8(byte_character(static_cast<unsigned char>(c)), result);
    return result;
  }
};

/// One after the other.
class Sequence final : public Normalizer {
 public:
  explicit Sequence(const JsonPlace& json) {
    const JsonPlace list = json.at("normalizers");
    const auto count = static_cast<Index>(list.as_array().size());
    for (Index i = 0; i < count; ++i) steps_.push_back(read_normalizer(list.item(i)));
  }

  std::string apply(std::string_view text) const override {
    std::string result(text);
    for (const std::unique_ptr<Normalizer>& step : steps_) result = step->apply(result);
    return result;
  }
  // Step by step: nobody could tell which stands for which of two texts that are far apart.
  void rewrite(std::string& text, std::vector<std::int32_t>& source_bytes) const override {
    for (const std::unique_ptr<Normalizer>& step : steps_) step->rewrite(text, source_bytes);
  }
  bool drops_start(std::string_view text) const override {
    std::string result(text);
    for (const std::unique_ptr<Normalizer>& step : steps_) {
      if (step->drops_start(result)) return true;
      result = step->apply(result);
    }
    return false;
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
};

template <class Kind>
std::unique_ptr<Normalizer> make(const JsonPlace& json) {
  return std::make_unique<Kind>(json);
}

template <UnicodeForm form>
std::unique_ptr<Normalizer> make_unicode(const JsonPlace& /*json*/) {
  return std::make_unique<UnicodeNormalizer>(form);
}

template <class Kind>
std::unique_ptr<Normalizer> make_plain(const JsonPlace& /*json*/) {
  return std::make_unique<Kind>();
}

struct KindEntry {
  std::string_view type;
  std::unique_ptr<Normalizer> (*make)(const JsonPlace&);
};
constexpr auto kKinds = std::to_array<KindEntry>({
    {"ByteLevel", make_plain<ByteLevelNormalizer>},
    {"Lowercase", make_plain<Lowercase>},
    {"NFC", make_unicode<UnicodeForm::nfc>},
    {"NFD", make_unicode<UnicodeForm::nfd>},
    {"NFKC", make_unicode<UnicodeForm::nfkc>},
    {"NFKD", make_unicode<UnicodeForm::nfkd>},
    {"Precompiled", make<Precompiled>},
    {"Prepend", make<Prepend>},
    {"Replace", make<Replace>},
    {"Sequence", make<Sequence>},
    {"Strip", make<Strip>},
    {"StripAccents", make_plain<StripAccents>},
});

}  // namespace

void Normalizer::rewrite(std::string& text, std::vector<std::int32_t>& source_bytes) const {
  std::string result = apply(text);
  source_bytes = carry_source_bytes(text, source_bytes, result);
  text = std::move(result);
}

std::unique_ptr<Normalizer> read_normalizer(const JsonPlace& json) {
  const JsonPlace type = json.at("type");
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const KindEntry& entry) {
    return entry.type == type.as_string();
  });
  if (kind != kKinds.end()) return kind->make(json);
  std::vector<std::string> known;
  for (const KindEntry& entry : kKinds) known.emplace_back(entry.type);
  type.fail(fmt::format("the normalizer '{}' is not supported{}", printable(type.as_string()),
                        suggestion(type.as_string(), known)));
}

void normalize_spans(const Normalizer& normalizer, Pieces& pieces) {
  Pieces result;
  for (const Span& span : pieces.spans) {
    const std::string_view piece = pieces.view(span);
    // A byte outside of all spans stands for what was dropped before them.
    if (span.begin == 0 && !span.is_token() && normalizer.drops_start(piece)) result.text = " ";
    std::string text(piece);
    std::vector<std::int32_t> bytes(text.size(), 1);
    if (!span.is_token()) normalizer.rewrite(text, bytes);
    const auto begin = static_cast<Index>(result.text.size());
    result.text += text;
    result.source_bytes.resize(static_cast<std::size_t>(begin));  // with the byte of dropped text
    result.source_bytes.insert(result.source_bytes.end(), bytes.begin(), bytes.end());
    const auto end = static_cast<Index>(result.text.size());
    if (begin < end) result.spans.push_back({begin, end, span.id});
  }
  pieces = std::move(result);
}

}  // namespace nf
