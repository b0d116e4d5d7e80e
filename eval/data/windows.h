#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/types.h"
#include "core/text/tokenizer.h"
#include "eval/data/item.h"

namespace nf {

/// The rule by which a document (a text's tokens, t = 0, 1, ...) becomes windows and some tokens of
/// a window are scored. T is the context. Perplexities of different conventions are different
/// figures, so every result names its convention and the convention's version (convention_name).
///
/// - `window`, version 1: windows do not overlap; each scores all but its first token. A tail
///   shorter than T is dropped; a document shorter than T is one shorter window, with a warning.
///   The simplest one, and every scored token is scored once by one pass.
/// - `strided`, version 1: windows of T tokens begin at t = 0, stride, 2·stride, ...; the first
///   that reaches the document's end is the last, and shorter where it begins less than T before
///   that end. The first window scores all but its first token, each later one the tokens that no
///   window before it held, which have at least T - stride tokens of context. With stride < T every
///   token but the document's first so is scored exactly once; with stride = T windows do not
///   overlap and the first token of each, which has no context, is not scored. As in "Perplexity of
///   fixed-length models" of the transformers documentation
///   (https://huggingface.co/docs/transformers/perplexity), but for one thing: the code there
///   weighs the mean over each later window's n new tokens with n - 1; here every token counts
///   once.
/// - `llama.cpp`, version 1: windows do not overlap; of each only the tokens ⌊T/2⌋ + 1 ... T - 1
///   are scored, which have at least ⌊T/2⌋ + 1 tokens of context. A tail shorter than T is dropped,
///   and so is a document shorter than T (with a warning). As llama.cpp's tool `perplexity` does it
///   without --ppl-stride.
enum class Convention { window, strided, llama_cpp };

/// Name and version as results state them: "window/1", "strided/1", "llama.cpp/1".
std::string convention_name(Convention convention);

/// The place of a beginning-of-text token (bos). It is never scored, and stands for no bytes.
/// - `document`: before each document; it is then the document's token 0, in every convention.
/// - `window`: at the start of each window, counted in its length T. In `window` and `strided` it
///   stands before T - 1 tokens of the document, which are all context for what follows, so that
///   the document's very first token is scored too; in `strided` the stride counts the document's
///   tokens and is at most T - 1. In `llama.cpp` it stands before the document and in the place of
///   each window's first token, because that is what llama.cpp does for models that want a bos.
enum class Bos { none, document, window };

struct WindowOptions {
  Index context = 0;             ///< T, tokens
  std::optional<Index> limit{};  ///< at most that many windows, from the start
  Convention convention = Convention::window;
  std::optional<Index> stride{};  ///< tokens; only with strided, where it is ⌊T/2⌋ by default
  Bos bos = Bos::none;
  std::int32_t bos_id = -1;  ///< where bos is not none

  /// The stride in effect; only with strided.
  Index effective_stride() const { return stride.value_or(context / 2); }
};

/// An option of WindowOptions that does not fit the others, and why.
struct WindowOptionsError {
  std::string option;  ///< "context" or "stride", as in YAML and on the command line
  std::string cause;
};
/// The first mistake, nullopt where there is none. The context is at least 2 already.
std::optional<WindowOptionsError> find_error(const WindowOptions& options);

/// The place of a window in its source, so that its tokens can be shown as text.
struct WindowPlace {
  Index document = 0;    ///< counted from the first that was read
  Index first_byte = 0;  ///< of the document's text, where its first token begins
  /// Bytes of text that each token of the document stands for, a bos none. Empty where it is not
  /// known which text is whose: ids were given, or the tokenizer rewrites text.
  std::vector<std::int32_t> bytes{};
  Index scored = 0;  ///< place of the first of these that is scored
};

/// The evaluation text as one model reads it: one item for each window, in the text's order.
class TokenWindows {
 public:
  /// documents: each a text of its own (a plain text file is one). `name` is how errors and
  /// warnings call the source. Throws DataError for invalid UTF-8 and where there is no token to
  /// score.
  static TokenWindows from_documents(const std::vector<std::string>& documents,
                                     const Tokenizer& tokenizer, const WindowOptions& options,
                                     const std::string& name);

  /// The same from token ids that are there already, one list a document. The number of bytes that
  /// they stand for is then not known.
  static TokenWindows from_ids(const std::vector<std::vector<std::int32_t>>& documents,
                               const WindowOptions& options, const std::string& name);

  /// Item w has first_row w·context, one part, the layout of a window and, where there are several
  /// documents, the number of its own.
  const std::vector<EvalItem>& items() const& { return items_; }
  std::vector<EvalItem> items() && { return std::move(items_); }
  /// One for each item.
  const std::vector<WindowPlace>& places() const { return places_; }
  Index count() const { return static_cast<Index>(items_.size()); }
  Index context() const { return context_; }
  /// "window/1"
  const std::string& convention() const { return convention_; }
  /// hash_items() over all windows.
  std::string hash() const { return hash_items(items_, convention_); }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  friend class WindowCutter;

  Index context_ = 0;
  std::string convention_;
  std::vector<EvalItem> items_;
  std::vector<WindowPlace> places_;
  std::vector<std::string> warnings_;
};

}  // namespace nf
