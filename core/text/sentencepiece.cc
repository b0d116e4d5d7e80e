#include "core/text/sentencepiece.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/io/lfs_pointer.h"
#include "core/io/read_file.h"
#include "core/text/pieces.h"
#include "core/text/sentencepiece_file.h"
#include "core/text/tiktoken_file.h"
#include "core/text/token_model.h"

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

/// The library, loaded with a model.
class Library {
 public:
  /// `file` is the name for messages. `dummy_prefix`, unless empty, takes the place of the model's
  /// own `add_dummy_prefix`.
  Library(std::string model, const std::string& file, std::optional<bool> dummy_prefix) {
    // A message that comes twice is merged: NormalizerSpec is field 3, and add_dummy_prefix its 3.
    if (dummy_prefix) model += {'\x1A', '\x02', '\x18', *dummy_prefix ? '\x01' : '\x00'};
    std::string cause;
    try {
      const sentencepiece::util::Status status = processor_.LoadFromSerializedProto(model);
      if (!status.ok()) cause = status.error_message();
    } catch (const std::exception& error) {
      cause = error.what();
    }
    if (!cause.empty())
      throw DataError(
          fmt::format("{}: not a sound SentencePiece model: {}", file, printable(cause)));
  }

  const sentencepiece::SentencePieceProcessor& operator*() const { return processor_; }
  const sentencepiece::SentencePieceProcessor* operator->() const { return &processor_; }

 private:
  sentencepiece::SentencePieceProcessor processor_;
};

constexpr std::string_view kMark = "\u2581";  // what a space becomes

/// The bytes of a model, checked. Names what often lies in its place.
std::string read_model(const std::filesystem::path& file) {
  const std::string bytes = read_text_file(file);
  refuse_lfs_pointer(bytes, file.string());
  if (is_tiktoken_file(bytes))
    throw DataError(
        fmt::format("{}: a tiktoken vocabulary, not a SentencePiece model; put the "
                    "tokenizer.json of the same model beside it",
                    file.string()));
  return check_sentencepiece_file(bytes, file.string());
}

/// Refuses what would change ids and is not built.
void refuse_unsupported(const SideFiles& side) {
  side.check_class({"LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "PreTrainedTokenizer",
                    "TokenizersBackend"},
                   "tokenizer.model");
  const auto options = side.config().find("sp_model_kwargs");
  if (options && options->bool_or("enable_sampling", false))
    options->at("enable_sampling").fail("sampling is not supported: ids would be random");
}

}  // namespace

/// Runs the library on each span that is no added token.
class SentencePiece::Model final : public TokenModel {
 public:
  Model(const std::filesystem::path& file, const SideFiles& side) : file_(file.string()) {
    const JsonPlace config = side.config();
    const std::string model = read_model(file);
    const auto prefix = config.find("add_prefix_space");
    prefixed_ = std::make_unique<Library>(
        model, file_, prefix ? std::optional<bool>(prefix->as_bool()) : std::nullopt);
    // Code Llama's class has no such option.
    const auto name = config.find("tokenizer_class");
    const bool is_legacy = config.bool_or("legacy", false) &&
                           !(name && name->as_string().starts_with("CodeLlamaTokenizer"));
    if (side.any() && !is_legacy) {
      bare_ = std::make_unique<Library>(model, file_, false);
      drops_spaces_ = (*bare_)->EncodeAsIds(" ").empty();
    }
    const int count = library().GetPieceSize();
    for (int id = 0; id < count; ++id) is_byte_.push_back(library().IsByte(id));
  }

  const std::string& file() const { return file_; }
  const sentencepiece::SentencePieceProcessor& library() const { return **prefixed_; }

  void encode(const Pieces& pieces, std::vector<Token>& tokens) const override {
    for (const Span& span : pieces.spans) {
      if (span.is_token()) {
        const Index bytes = pieces.source_length(span.begin, span.end);
        tokens.push_back({span.id, static_cast<std::int32_t>(bytes)});
        continue;
      }
      const std::string_view text = pieces.view(span);
      encode_text(wants_prefix(span, text) ? **prefixed_ : **bare_, text, tokens);
    }
  }

  std::optional<std::int32_t> token_id(std::string_view token) const override {
    const int id = library().PieceToId(token);
    // It gives the unknown piece for what it does not know.
    if (id < 0 || id >= token_count() || library().IdToPiece(id) != token) return std::nullopt;
    return id;
  }
  Index token_count() const override { return static_cast<Index>(is_byte_.size()); }
  std::int32_t largest_id() const override {
    return static_cast<std::int32_t>(is_byte_.size()) - 1;
  }

  /// The pieces that a text is cut at without any side file, as `added_tokens` of a tokenizer.json.
  SortedJson control_tokens() const {
    SortedJson list = SortedJson::array();
    for (int id = 0; id < library().GetPieceSize(); ++id)
      if (library().IsControl(id))
        list.push_back({{"id", id},
                        {"content", library().IdToPiece(id)},
                        {"single_word", false},
                        {"lstrip", false},
                        {"rstrip", false},
                        {"normalized", false},
                        {"special", true}});
    return list;
  }

 private:
  /// A text that begins with a space has it already, unless the model drops it.
  bool wants_prefix(const Span& span, std::string_view text) const {
    if (bare_ == nullptr) return true;
    if (text.starts_with(' ') || text.starts_with(kMark)) return drops_spaces_;
    return span.begin == 0;
  }

  void encode_text(const sentencepiece::SentencePieceProcessor& processor, std::string_view utf8,
                   std::vector<Token>& tokens) const {
    sentencepiece::ImmutableSentencePieceText text;
    const sentencepiece::util::Status status = processor.Encode(utf8, text.mutable_proto());
    if (!status.ok())
      throw DataError(
          fmt::format("{}: SentencePiece: {}", file_, printable(status.error_message())));
    const auto count = static_cast<int>(text.pieces_size());
    tokens.reserve(tokens.size() + static_cast<std::size_t>(count));
    ByteRun byte_run(tokens);
    for (int i = 0; i < count; ++i) {
      const auto piece = text.pieces(i);
      tokens.push_back({static_cast<std::int32_t>(piece.id()),
                        static_cast<std::int32_t>(piece.end() - piece.begin())});
      byte_run.add(is_byte_[piece.id()]);
    }
  }

  std::string file_;
  std::unique_ptr<const Library> prefixed_;
  std::unique_ptr<const Library> bare_;  ///< for what gets no prefix; null: everything gets it
  bool drops_spaces_ = false;            ///< the model drops those that a text begins with
  std::vector<bool> is_byte_;            ///< [id]: a token for one byte
};

SentencePiece::SentencePiece(const std::filesystem::path& file, const SideFiles& side) {
  refuse_unsupported(side);
  model_ = std::make_unique<Model>(file, side);
  if (!side.any()) return;
  const sentencepiece::SentencePieceProcessor& library = model_->library();
  const auto piece = [&library](int id) {
    return id < 0 ? std::nullopt : std::optional<std::string>(library.IdToPiece(id));
  };
  const auto id = [this](std::string_view token) { return model_->token_id(token); };
  SortedJson own = model_->control_tokens();
  std::optional<SortedJson> all = side.added_tokens(
      own, {id, model_->token_count()},
      {file.string(), piece(library.bos_id()), piece(library.eos_id()), piece(library.unk_id())});
  const SortedJson list = {{"added_tokens", std::move(all).value_or(std::move(own))}};
  added_tokens_.emplace(JsonPlace(file.string(), list).at("added_tokens"), *model_);
}

SentencePiece::~SentencePiece() = default;

std::vector<Token> SentencePiece::encode(std::string_view utf8) const {
  if (utf8.size() > kLargestText)
    throw DataError(fmt::format("{}: a text of {} bytes is too long; cut it below {}",
                                model_->file(), utf8.size(), kLargestText));
  Pieces pieces{std::string(utf8), {}};
  if (!utf8.empty()) pieces.spans.push_back({0, static_cast<Index>(utf8.size()), Span::kNoId});
  for (const bool normalized : {false, true})
    if (added_tokens_) added_tokens_->cut(normalized, pieces);
  std::vector<Token> tokens;
  model_->encode(pieces, tokens);
  return tokens;
}

Index SentencePiece::vocab_size() const {
  const std::int32_t largest_added = added_tokens_ ? added_tokens_->largest_id() : -1;
  return Index{std::max(model_->largest_id(), largest_added)} + 1;
}

}  // namespace nf
