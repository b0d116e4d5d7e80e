#include "tests/support/random_text.h"

#include <array>
#include <utility>

#include "core/base/utf8.h"

namespace nf {
namespace {

const char* const kWords[] = {"a",
                              "b",
                              "e",
                              "The",
                              "the ",
                              "in",
                              "fi",
                              "don't",
                              "I'M",
                              "'s",
                              "'LL",
                              "été",
                              "Straße",
                              "naïve",
                              " ",
                              " ",
                              "  ",
                              "   ",
                              "\t",
                              "\n",
                              "\n\n",
                              "\r\n",
                              "\u00a0",
                              "\u2003",
                              "\u3000",
                              "\u200b",
                              "\u200d",
                              "\ufeff",
                              "\u0085",
                              ".",
                              "..",
                              "!",
                              "?…",
                              "，",
                              "。",
                              "、",
                              "۔",
                              "،",
                              "-",
                              "_",
                              "<",
                              ">",
                              "(a|b)",
                              "[x]",
                              "{2}",
                              "http://a.b/c?d=e",
                              "Ġ",
                              "Ċ",
                              "▁",
                              "▁a",
                              "<0x41>",
                              "1",
                              "23",
                              "456789",
                              "½",
                              "²",
                              "٣",
                              "Ⅷ",
                              "ﬁ",
                              "ǅ",
                              "İ",
                              "Σ",
                              "ß",
                              "ſ",
                              "\u212a",
                              "\u212b",
                              "µ",
                              "é",
                              "e\u0301",
                              "\u0301",
                              "\u0308",
                              "\u0323",
                              "\u0345",
                              "\u0334",
                              "\u0f71\u0f72",
                              "\u09fe",
                              "\u1112\u1161\u11ab",
                              "한",
                              "か\u3099",
                              "ガ",
                              "日本",
                              "中文",
                              "ไทย\u0e33",
                              "\u0915\u094d\u0937",
                              "עִבְרִית",
                              "العربية",
                              "😀",
                              "👨\u200d👩\u200d👧",
                              "🇩🇪",
                              "\U0001d400",
                              "\U0001fbf0",
                              "\U00011935\U00011930"};

constexpr auto kBlocks = std::to_array<std::pair<char32_t, char32_t>>(
    {{0x0, 0x7F},        {0x80, 0x24F},      {0x250, 0x36F},     {0x370, 0x52F},
     {0x590, 0x6FF},     {0x700, 0x8FF},     {0x900, 0xDFF},     {0xE00, 0xFFF},
     {0x1000, 0x11FF},   {0x1200, 0x17FF},   {0x1800, 0x1AFF},   {0x1B00, 0x1FFF},
     {0x2000, 0x20FF},   {0x2100, 0x2BFF},   {0x2C00, 0x2FFF},   {0x3000, 0x33FF},
     {0x4E00, 0x9FFF},   {0xA000, 0xABFF},   {0xAC00, 0xD7FF},   {0xE000, 0xFAFF},
     {0xFB00, 0xFFFF},   {0x10000, 0x10FFF}, {0x11000, 0x11FFF}, {0x12000, 0x16FFF},
     {0x1B000, 0x1BFFF}, {0x1C000, 0x1DFFF}, {0x1E000, 0x1EEFF}, {0x1F000, 0x1FFFF},
     {0x20000, 0x323AF}, {0xE0000, 0x10FFFF}});

}  // namespace

RandomText::RandomText(std::uint32_t seed, std::vector<std::string> words)
    : random_(seed), words_(std::move(words)) {
  for (const char* word : kWords) words_.emplace_back(word);
}

char32_t RandomText::character() {
  const auto& [first, last] = kBlocks[below(kBlocks.size())];
  return first + static_cast<char32_t>(below(last - first + 1));
}

std::string RandomText::draw() {
  std::string text;
  for (std::size_t left = std::size_t{1} << below(6); left > 0; --left) {
    if (below(4) > 0) {
      text += words_[below(words_.size())];
      if (below(4) == 0) text += ' ';
    } else {
      append_utf8(character(), text);
    }
  }
  return text;
}

}  // namespace nf
