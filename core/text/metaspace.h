#pragma once

#include <string>

#include "core/text/json_place.h"
#include "core/text/pieces.h"
#include "core/text/pre_tokenizer.h"

namespace nf {

/// The pre-tokenizer Metaspace of SentencePiece's kind: every space becomes a mark, usually U+2581,
/// and unless told otherwise each mark begins a piece.
class Metaspace final : public PreTokenizer {
 public:
  /// {"type": "Metaspace", "replacement": C, "prepend_scheme": P, "split": S}. P tells where a mark
  /// is put before a piece that has none: "always" (default), only before the beginning of the text
  /// ("first"), or "never". S defaults to true. The older `add_prefix_space` may only agree: false
  /// needs "never".
  explicit Metaspace(const JsonPlace& json);

  void apply(Pieces& pieces) const override;

 private:
  enum class PrependScheme { always, first, never };
  static PrependScheme read_scheme(const JsonPlace& json);
  void split_at_marks(Pieces& pieces) const;

  std::string mark_;
  PrependScheme scheme_;
  bool split_;
};

}  // namespace nf
