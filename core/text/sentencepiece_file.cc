#include "core/text/sentencepiece_file.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/base/types.h"
#include "core/base/utf8.h"

namespace nf {
namespace {

enum class Wire : unsigned { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// One field of a message: a number or bytes, whichever its wire type has.
struct Field {
  std::uint64_t number = 0;
  Wire wire = Wire::varint;
  std::uint64_t value = 0;
  std::string_view bytes;
  std::size_t begin = 0;  ///< of the whole field, in the file
  std::size_t end = 0;
};

/// The fields of a message one by one.
class MessageReader {
 public:
  /// `begin` is where `message` starts in the file.
  MessageReader(std::string_view message, std::size_t begin, const std::string& file)
      : message_(message), begin_(begin), file_(&file) {}

  std::optional<Field> next() {
    if (at_ == message_.size()) return std::nullopt;
    Field field;
    field.begin = begin_ + at_;
    const std::uint64_t tag = varint();
    field.number = tag >> 3U;
    field.wire = static_cast<Wire>(tag & 7U);
    switch (field.wire) {
      case Wire::varint:
        field.value = varint();
        break;
      case Wire::fixed64:
        field.bytes = take(8);
        break;
      case Wire::bytes:
        field.bytes = take(varint());
        break;
      case Wire::fixed32:
        field.bytes = take(4);
        break;
      default:
        fail(field.begin, "not a SentencePiece model");
    }
    field.end = begin_ + at_;
    return field;
  }

  /// The fields of a field.
  MessageReader inside(const Field& field) const {
    if (field.wire != Wire::bytes) fail(field.begin, "not a SentencePiece model");
    return {field.bytes, field.end - field.bytes.size(), *file_};
  }

  [[noreturn]] void fail(std::size_t at, std::string_view cause) const {
    throw DataError(fmt::format("{}: byte {}: {}", *file_, at, cause));
  }

 private:
  std::string_view take(std::uint64_t count) {
    if (count > message_.size() - at_) fail(begin_ + message_.size(), "the file is cut off");
    const std::string_view taken = message_.substr(at_, static_cast<std::size_t>(count));
    at_ += taken.size();
    return taken;
  }

  std::uint64_t varint() {
    constexpr unsigned kBits = 64;
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < kBits; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80U) return value;
    }
    fail(begin_ + at_, "not a SentencePiece model");
  }

  std::string_view message_;
  std::size_t begin_ = 0;
  const std::string* file_;
  std::size_t at_ = 0;
};

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

/// A piece: text 1, score 2, type 3.
void check_piece(const MessageReader& file, const Field& piece) {
  MessageReader reader = file.inside(piece);
  std::string_view text;
  while (const std::optional<Field> field = reader.next()) {
    if (field->number == 1) text = field->bytes;
    if (field->number == 2 && field->wire == Wire::fixed32) {
      float score = 0;
      std::memcpy(&score, field->bytes.data(), sizeof(score));
      if (!std::isfinite(score)) reader.fail(field->begin, "a score that is no finite number");
    }
    constexpr std::uint64_t kLastType = 6;
    if (field->number == 3 && (field->value < 1 || field->value > kLastType))
      reader.fail(field->begin, fmt::format("a piece of the unknown type {}", field->value));
  }
  if (text.empty()) reader.fail(piece.begin, "a piece without text");
  if (text.find('\0') != std::string_view::npos || find_invalid_utf8(text))
    reader.fail(piece.begin, "a piece that is no text");
}

/// The trainer's part: the kind of model is number 3, unigram when it is missing.
void check_trainer(const MessageReader& file, const Field& trainer) {
  MessageReader reader = file.inside(trainer);
  constexpr std::uint64_t kLastKind = 4;  // unigram, BPE, words, characters
  while (const std::optional<Field> field = reader.next()) {
    if (field->number == 3 && (field->value < 1 || field->value > kLastKind))
      reader.fail(field->begin, fmt::format("unknown kind of model {}", field->value));
  }
}

/// The normalizer's table: the size of a double-array trie (Darts-clone), the trie, and the
/// replacements that its leaves point to, each closed by a zero byte. Every place that a walk
/// through the trie can reach must lie inside.
bool is_sound_charsmap(std::string_view map) {
  constexpr std::size_t kUnit = sizeof(std::uint32_t);
  if (map.size() < kUnit) return false;
  const std::size_t trie_size = little_endian(map);
  if (trie_size > map.size() - kUnit || trie_size % kUnit != 0 || trie_size == 0) return false;
  const std::string_view replacements = map.substr(kUnit + trie_size);
  if (replacements.empty() || replacements.back() != '\0') return false;
  const std::size_t units = trie_size / kUnit;
  const auto unit = [&](std::size_t i) { return little_endian(map.substr((i + 1) * kUnit)); };

  // More results than this for one text overrun the array that libsentencepiece keeps for them.
  constexpr int kMostLeaves = 32;
  std::vector<int> leaves(units, -1);  // the most on a way to here
  std::vector<std::size_t> open = {0};
  leaves[0] = 0;
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    const std::uint32_t node = unit(at);
    const std::size_t base = at ^ ((node >> 10U) << ((node & (1U << 9U)) >> 6U));
    if ((base | 0xFFU) >= units) return false;  // children stand at base ^ byte
    int count = leaves[at];
    if ((node & (1U << 8U)) != 0) {
      if ((unit(base) & 0x7FFFFFFFU) >= replacements.size() || ++count > kMostLeaves) return false;
    }
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::size_t child = base ^ byte;
      constexpr std::uint32_t kLabel = 0x800000FFU;
      if ((unit(child) & kLabel) != byte || leaves[child] >= count) continue;
      leaves[child] = count;
      open.push_back(child);
    }
  }
  return true;
}

/// The part of a normalizer: its table is number 2.
void check_normalizer(const MessageReader& file, const Field& normalizer) {
  MessageReader reader = file.inside(normalizer);
  while (const std::optional<Field> field = reader.next()) {
    if (field->number == 2 && !field->bytes.empty() && !is_sound_charsmap(field->bytes))
      reader.fail(field->begin, "the normalizer's table is damaged");
  }
}

}  // namespace

std::string check_sentencepiece_file(std::string_view bytes, const std::string& file) {
  MessageReader reader(bytes, 0, file);
  bool has_trainer = false;
  bool has_normalizer = false;
  std::string to_load;
  to_load.reserve(bytes.size());
  while (const std::optional<Field> field = reader.next()) {
    constexpr std::uint64_t kFirstExtension = 200;
    switch (field->number) {
      case 1:
        check_piece(reader, *field);
        break;
      case 2:
        check_trainer(reader, *field);
        has_trainer = true;
        break;
      case 3:
        has_normalizer = true;
        check_normalizer(reader, *field);
        break;
      case 4:
        continue;  // the self test
      case 5:      // the normalizer for decoding
        check_normalizer(reader, *field);
        break;
      default:
        if (field->number < kFirstExtension) reader.fail(field->begin, "not a SentencePiece model");
    }
    to_load += bytes.substr(field->begin, field->end - field->begin);
  }
  if (!has_trainer || !has_normalizer)
    reader.fail(bytes.size(), "the file ends before all of the model");
  return to_load;
}

}  // namespace nf
