#include "core/text/byte_level.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/utf8.h"

namespace nf {
namespace {

// Radford et al. 2019 (GPT-2), as Hugging Face writes it.
constexpr std::string_view kWordPattern =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

std::array<std::string, 256> byte_strings() {
  std::array<std::string, 256> strings;
  for (std::size_t byte = 0; byte < strings.size(); ++byte) {
    append_utf8(byte_character(static_cast<unsigned char>(byte)), strings[byte]);
  }
  return strings;
}

}  // namespace

char32_t byte_character(unsigned char byte) {
  if ((byte >= 0x21 && byte <= 0x7E) || byte >= 0xAE || (byte >= 0xA1 && byte <= 0xAC)) return byte;
  // The others are numbered from U+0100 on: 0x00-0x20, 0x7F-0xA0, 0xAD.
  if (byte <= 0x20) return 0x100U + byte;
  if (byte <= 0xA0) return 0x121U + (byte - 0x7FU);
  return 0x143;
}

ByteLevel::ByteLevel(const JsonPlace& json)
    : add_prefix_space_(json.at("add_prefix_space").as_bool()) {
  if (json.bool_or("use_regex", true)) {
    words_.emplace(Regex(kWordPattern, json.place()), SplitBehavior::isolated, false);
  }
}

void ByteLevel::apply(Pieces& pieces) const {
  if (add_prefix_space_) {
    rewrite_spans(pieces, [&pieces](const Span& span, PiecesWriter& writer) {
      if (!pieces.view(span).starts_with(' ')) writer.insert(" ");
      writer.copy(span.begin, span.end);
    });
  }
  if (words_) words_->apply(pieces);
  const std::array<std::string, 256> strings = byte_strings();
  rewrite_spans(pieces, [&pieces, &strings](const Span& span, PiecesWriter& writer) {
    for (Index i = span.begin; i < span.end; ++i) {
      const char c = pieces.text[static_cast<std::size_t>(i)];
      writer.replace(i, i + 1, strings[static_cast<unsigned char>(c)]);
    }
  });
}

}  // namespace nf
