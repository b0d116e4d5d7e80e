#pragma once

/// The promises of every tokenizer (core/text/tokenizer.h), checked on one that was loaded.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/utf8.h"
#include "core/text/tokenizer.h"
#include "tests/fuzz/fuzz.h"

namespace nf {

/// Text that takes every way through a tokenizer: words, numbers, white space, marks, characters of
/// one to four bytes, what vocabularies of bytes and added tokens look for.
inline constexpr std::array<std::string_view, 8> kTexts = {
    "",
    "a",
    " the abc,  12345 a\tb\n\n\nX",
    "It's been 3.14; they'll SAY \"no\"!\r\n",
    "café e\u0301\u0327 ﬁ \u212b \u00a0\u3000x\u200b",
    "你好世界 🔥👨\u200d👩 عر 가",
    "<s></s><|n|>[INST] <0x41> ▁ab<unk> <mask>  <pad>",
    "aaaaaaaaaaaaaaaaabababababababcabcabcXYZXYZ   \x01\x7f"};

/// How the bytes of a text's tokens add up.
enum class ByteSum {
  any,      ///< the tokenizer rewrites the text
  at_most,  ///< it leaves it, but may drop what it does not know
  equal,    ///< each byte counts once
};

/// The ids are the same each time, each has a place in the vocabulary, and each token stands for a
/// number of bytes that is none or more.
inline void check_text(const Tokenizer& tokenizer, std::string_view text, ByteSum byte_sum) {
  if (find_invalid_utf8(text)) {
    NF_FUZZ_CHECK(!accepts([&] { tokenizer.encode(text); }), "malformed text was taken");
    return;
  }
  accepts([&] {
    const std::vector<std::int32_t> ids = tokenizer.encode(text);
    const Encoding encoding = tokenizer.encode_with_bytes(text);
    NF_FUZZ_CHECK(ids == encoding.ids && ids.size() == encoding.bytes.size(),
                  "{} ids, {} with bytes", ids.size(), encoding.ids.size());
    for (const std::int32_t id : ids)
      NF_FUZZ_CHECK(id >= 0 && id < tokenizer.vocab_size(), "id {} of {}", id,
                    tokenizer.vocab_size());
    std::size_t sum = 0;
    for (const std::int32_t bytes : encoding.bytes) {
      NF_FUZZ_CHECK(bytes >= 0, "{} bytes", bytes);
      sum += static_cast<std::size_t>(bytes);
    }
    NF_FUZZ_CHECK(byte_sum == ByteSum::any || sum == text.size() ||
                      (byte_sum == ByteSum::at_most && sum < text.size()),
                  "tokens stand for {} bytes of {}", sum, text.size());
  });
}

/// `text` is one more text, which comes with the input. Whether there was a tokenizer.
inline bool check_tokenizer(const std::filesystem::path& dir, std::string_view text,
                            ByteSum byte_sum = ByteSum::any) {
  return accepts([&] {
    const Tokenizer tokenizer = Tokenizer::load(dir);
    for (const std::string_view known : kTexts) check_text(tokenizer, known, byte_sum);
    check_text(tokenizer, text.substr(0, 256), byte_sum);
  });
}

}  // namespace nf
