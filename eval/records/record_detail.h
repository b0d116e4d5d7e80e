#pragma once

#include <memory>

#include "core/base/json.h"
#include "eval/metrics/detail.h"
#include "eval/records/object_reader.h"

namespace nf {

/// A figure that is kept of every scored token beside `top1`: its key in a record, and its place.
struct TokenFigure {
  const char* key;
  double TokenDetail::*member;
};
inline constexpr TokenFigure kTokenFigures[] = {{"nll", &TokenDetail::nll},
                                                {"kl", &TokenDetail::kl},
                                                {"kl_reverse", &TokenDetail::kl_reverse},
                                                {"confidence", &TokenDetail::confidence}};

/// Writes the detail of a window into a record, as keys of the window beside its sums: under
/// "confidence" or "entropy" one list with an entry a bin for each sum of the bins, and where
/// tokens are kept, under "per_token" one list for each figure, in the tokens' order ("top1": 0 or
/// 1).
void add_detail(const Detail& detail, Json& window);

/// Reads it back; nullptr where the window has none.
std::shared_ptr<const Detail> read_detail(const ObjectReader& window);

}  // namespace nf
