#include "core/text/sentencepiece.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <exception>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/io/read_file.h"
#include "core/text/sentencepiece_file.h"

namespace nf {
namespace {

// The library counts characters in 32 bits, and a space becomes three bytes in it.
constexpr std::size_t kLargestText = 600'000'000;

/// Counts the bytes of byte tokens: the library gives all bytes of a character to the last one.
class ByteRun {
 public:
  explicit ByteRun(std::vector<Token>& tokens) : tokens_(&tokens) {}

  /// The token that was added last, whose bytes are those that the library gave it.
  void add(bool is_byte) {
    if (!is_byte) {
      length_ = 0;
      return;
    }
    ++length_;
    const std::int32_t bytes = tokens_->back().bytes;
    if (bytes == 0) return;
    for (std::size_t i = tokens_->size() - length_; i < tokens_->size(); ++i)
      (*tokens_)[i].bytes = bytes / static_cast<std::int32_t>(length_);
    tokens_->back().bytes += bytes % static_cast<std::int32_t>(length_);
    length_ = 0;
  }

 private:
  std::vector<Token>* tokens_;
  std::size_t length_ = 0;
};

}  // namespace

struct SentencePiece::Library {
  sentencepiece::SentencePieceProcessor processor;
  std::vector<bool> is_byte;  ///< [id]: a token for one byte
};

SentencePiece::SentencePiece(const std::filesystem::path& file) : file_(file.string()) {
  const std::string model = check_sentencepiece_file(read_text_file(file), file_);
  auto library = std::make_unique<Library>();
  std::string cause;
  try {
    const sentencepiece::util::Status status = library->processor.LoadFromSerializedProto(model);
    if (!status.ok()) cause = status.error_message();
  } catch (const std::exception& error) {
    cause = error.what();
  }
  if (!cause.empty())
    throw DataError(
        fmt::format("{}: not a sound SentencePiece model: {}", file_, printable(cause)));
  const int count = library->processor.GetPieceSize();
  for (int id = 0; id < count; ++id) library->is_byte.push_back(library->processor.IsByte(id));
  library_ = std::move(library);
}

SentencePiece::~SentencePiece() = default;

std::vector<Token> SentencePiece::encode(std::string_view utf8) const {
  if (utf8.size() > kLargestText)
    throw DataError(fmt::format("{}: a text of {} bytes is too long; cut it below {}", file_,
                                utf8.size(), kLargestText));
  sentencepiece::ImmutableSentencePieceText text;
  const sentencepiece::util::Status status = library_->processor.Encode(utf8, text.mutable_proto());
  if (!status.ok())
    throw DataError(fmt::format("{}: SentencePiece: {}", file_, printable(status.error_message())));
  const auto count = static_cast<int>(text.pieces_size());
  std::vector<Token> tokens;
  tokens.reserve(static_cast<std::size_t>(count));
  ByteRun byte_run(tokens);
  for (int i = 0; i < count; ++i) {
    const auto piece = text.pieces(i);
    tokens.push_back({static_cast<std::int32_t>(piece.id()),
                      static_cast<std::int32_t>(piece.end() - piece.begin())});
    byte_run.add(library_->is_byte[piece.id()]);
  }
  return tokens;
}

Index SentencePiece::vocab_size() const { return static_cast<Index>(library_->is_byte.size()); }

}  // namespace nf
