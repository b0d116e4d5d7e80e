/// Fuzzes tokenizer.model. An input is the file, a text, and the files beside it:
/// tokenizer_config.json, special_tokens_map.json, added_tokens.json.

#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "tests/fuzz/json_mutator.h"
#include "tests/fuzz/tokenizers.h"
#include "tests/support/charsmap.h"
#include "tests/support/sentencepiece_model.h"

namespace nf {
namespace {

/// A field of a protobuf message: its bytes, or a number.
struct ProtoField {
  std::uint64_t number = 0;
  unsigned wire = 0;
  std::uint64_t value = 0;  ///< of wire type 0
  std::string bytes;        ///< of the others
};

std::optional<std::uint64_t> read_varint(std::string_view& text) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !text.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    value |= std::uint64_t{byte & 127U} << shift;
    if (byte < 128) return value;
  }
  return std::nullopt;
}

/// nullopt for what is no message.
std::optional<std::vector<ProtoField>> read_message(std::string_view text) {
  std::vector<ProtoField> fields;
  while (!text.empty()) {
    const std::optional<std::uint64_t> tag = read_varint(text);
    if (!tag) return std::nullopt;
    ProtoField field{.number = *tag >> 3U, .wire = static_cast<unsigned>(*tag & 7U), .bytes = {}};
    std::optional<std::uint64_t> length;
    if (field.wire == 1) length = 8;
    if (field.wire == 5) length = 4;
    if (field.wire == 0 || field.wire == 2) {
      const std::optional<std::uint64_t> value = read_varint(text);
      if (!value) return std::nullopt;
      field.value = *value;
      length = field.wire == 2 ? *value : 0;
    }
    if (!length || *length > text.size()) return std::nullopt;
    field.bytes = text.substr(0, *length);
    text.remove_prefix(*length);
    fields.push_back(std::move(field));
  }
  return fields;
}

std::string varint_text(std::uint64_t value) {
  std::string text;
  for (; value >= 128; value >>= 7U) text += static_cast<char>(value | 128U);
  return text + static_cast<char>(value);
}

std::string message_text(const std::vector<ProtoField>& fields) {
  std::string text;
  for (const ProtoField& field : fields) {
    text += varint_text(field.number << 3U | field.wire);
    if (field.wire == 0) text += varint_text(field.value);
    if (field.wire == 2) text += varint_text(field.bytes.size());
    text += field.bytes;
  }
  return text;
}

/// The normalizer's table once more, by its definition (Darts-clone's units): no way through the
/// trie leads outside, and each leaf points to a text that is closed.
class Charsmap {
 public:
  explicit Charsmap(std::string_view map) : map_(map) {
    const std::size_t bytes = unit_at(0);
    NF_FUZZ_CHECK(bytes % 4 == 0 && 4 + bytes <= map.size(), "a trie of {} bytes in {}", bytes,
                  map.size());
    units_ = bytes / 4;
    replacements_ = map.substr(4 + bytes);
    leaves_.resize(units_, -1);
    walk();
  }

 private:
  std::uint32_t unit_at(std::size_t place) const {
    NF_FUZZ_CHECK(4 * place + 4 <= map_.size(), "word {} of {} bytes", place, map_.size());
    std::uint32_t unit = 0;
    std::memcpy(&unit, map_.data() + 4 * place, sizeof unit);
    return unit;
  }
  std::uint32_t unit(std::size_t node) const {
    NF_FUZZ_CHECK(node < units_, "unit {} of {}", node, units_);
    return unit_at(node + 1);
  }
  /// libsentencepiece keeps room for 32 leaves on the way to one node.
  void walk() {
    std::vector<std::size_t> open = {0};
    leaves_[0] = 0;
    while (!open.empty()) {
      const std::size_t node = open.back();
      open.pop_back();
      const std::uint32_t bits = unit(node);
      const std::size_t base = node ^ ((bits >> 10U) << ((bits & (1U << 9U)) >> 6U));
      const int leaves = leaves_[node] + ((bits & 256U) != 0 ? 1 : 0);
      if ((bits & 256U) != 0) {
        const std::size_t text = unit(base) & 0x7fffffffU;
        NF_FUZZ_CHECK(leaves <= 32 && replacements_.find('\0', text) != std::string_view::npos,
                      "leaf {}: the text at {} of {}", leaves, text, replacements_.size());
      }
      for (std::uint32_t byte = 1; byte < 256; ++byte) {
        const std::size_t child = base ^ byte;
        if ((unit(child) & 0x800000ffU) != byte || leaves_[child] >= leaves) continue;
        leaves_[child] = leaves;
        open.push_back(child);
      }
    }
  }

  std::string_view map_;
  std::size_t units_ = 0;
  std::string_view replacements_;
  std::vector<int> leaves_;  ///< by node: the most on a way to it; -1: there is none
};

void check_piece(const std::vector<ProtoField>& piece) {
  std::string_view text;
  for (const ProtoField& field : piece) {
    if (field.number == 1) text = field.bytes;
    if (field.number != 2 || field.wire != 5) continue;
    float score = 0;
    std::memcpy(&score, field.bytes.data(), sizeof score);
    NF_FUZZ_CHECK(std::isfinite(score), "a score of {}", score);
  }
  NF_FUZZ_CHECK(!text.empty() && !find_invalid_utf8(text), "a piece that is no text");
}

/// libsentencepiece trusts the file, and AddressSanitizer does not see into it: so what it trusts
/// is checked here once more.
void check_model(std::string_view file) {
  const auto model = read_message(file);
  NF_FUZZ_CHECK(model.has_value(), "the message is not complete");
  for (const ProtoField& part : *model) {
    if (part.number != 1 && part.number != 3) continue;
    const auto fields = read_message(part.bytes);
    NF_FUZZ_CHECK(fields.has_value(), "field {} is not complete", part.number);
    if (part.number == 1) check_piece(*fields);
    for (const ProtoField& field : *fields)
      if (part.number == 3 && field.number == 2 && !field.bytes.empty()) Charsmap(field.bytes);
  }
}

void change_number(ProtoField& field, JsonMutator& random) {
  const std::vector<std::uint64_t> values = {field.value + 1, field.value - 1, 0,    1, 2,
                                             field.value * 2, 1ULL << 31U,     ~0ULL};
  field.value = values[random.below(values.size())];
}

/// Changes one field somewhere inside a message. Whether it was one.
bool change_message(std::string& text, JsonMutator& random, int depth) {
  auto fields = read_message(text);
  if (!fields || fields->empty()) return false;
  // Pieces are many, the other parts few: these are chosen as often.
  std::size_t at = random.below(fields->size());
  if (random.below(2) == 0)
    at = fields->size() - 1 - random.below(std::min(fields->size(), std::size_t{3}));
  ProtoField& field = (*fields)[at];
  const std::size_t way = random.below(12);
  if (way == 0) {
    fields->erase(fields->begin() + static_cast<std::ptrdiff_t>(at));
  } else if (way == 1) {
    fields->push_back(ProtoField(field));
  } else if (way == 2) {
    std::swap(field, (*fields)[random.below(fields->size())]);
  } else if (field.wire == 0) {
    change_number(field, random);
  } else if (field.wire != 2) {
    field.bytes = mutate_bytes(field.bytes).substr(0, field.bytes.size());
    field.bytes.resize(field.wire == 1 ? 8 : 4);
  } else if (depth == 0 || !change_message(field.bytes, random, depth - 1)) {
    field.bytes = mutate_bytes(field.bytes);
  }
  text = message_text(*fields);
  return true;
}

}  // namespace

void make_seeds(const SaveSeed& save) {
  SentencePieceModel model;
  for (const char* const text : {"a", "b", "▁", "ab", "▁a", "the", "X"})
    model.pieces.push_back({text, -1.0f - 0.5f * static_cast<float>(model.pieces.size())});
  const std::string text = "ab the aX";
  save("bpe", join_input({model.bytes(), text}));
  model.kind = SentencePieceModel::unigram;
  save("unigram", join_input({model.bytes(), text}));
  model.pieces.push_back({"<mask>", 0, SentencePieceModel::user_defined});
  model.charsmap = a_to_b_charsmap();
  const std::string decoder =
      R"({"9":{"content":"<mask>","lstrip":true,"normalized":false,"rstrip":false,)"
      R"("single_word":false,"special":true}})";
  save("side-files",
       join_input({model.bytes(), text,
                   R"({"add_prefix_space":true,"legacy":false,"added_tokens_decoder":)" + decoder +
                       R"(,"tokenizer_class":"LlamaTokenizer","bos_token":"<s>"})",
                   R"({"eos_token":"</s>","pad_token":{"content":"<pad>","lstrip":false,)"
                   R"("normalized":false,"rstrip":false,"single_word":false}})",
                   R"({"<pad>":11,"<|n|>":12})"}));
  model.charsmap = make_charsmap({{"a", "b"}, {"ab", "X"}, {"é", "e"}, {"1", ""}});
  save("charsmap", join_input({model.bytes(), text}));
  model.charsmap = "";
  model.add_byte_pieces();
  save("bytes", join_input({model.bytes(), "café 🔥"}));
}

}  // namespace nf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nf;
  const std::vector<std::string_view> parts = split_input(as_text(data, size), 5);
  write_input("tokenizer.model", parts[0]);
  write_or_remove_input("tokenizer_config.json", parts[2]);
  write_or_remove_input("special_tokens_map.json", parts[3]);
  write_or_remove_input("added_tokens.json", parts[4]);
  if (check_tokenizer(fuzz_folder(), parts[1])) check_model(parts[0]);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  using namespace nf;
  JsonMutator mutator(seed, fuzz_words());
  return mutate_parts(mutator, 5, data, size, most, [&](std::size_t part, std::string& file) {
    return part == 0 && change_message(file, mutator, 1);
  });
}
