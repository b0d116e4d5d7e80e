#include "core/model/bos_token.h"

#include <fmt/format.h>

#include <cstdint>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/printable.h"

namespace nf {
namespace {

/// null where it is missing.
Json raw_bos_token(const Checkpoint& checkpoint) {
  const Json& config = checkpoint.config();
  return config.is_object() ? config.value("bos_token_id", Json()) : Json();
}

}  // namespace

std::optional<Index> find_bos_token(const Checkpoint& checkpoint, Index vocab_size) {
  const Json bos = raw_bos_token(checkpoint);
  if (!bos.is_number_unsigned() ||
      bos.get<std::uint64_t>() >= static_cast<std::uint64_t>(vocab_size))
    return std::nullopt;
  return bos.get<Index>();
}

void refuse_bad_bos_token(const Checkpoint& checkpoint, Index vocab_size) {
  const Json bos = raw_bos_token(checkpoint);
  if (bos.is_null() || find_bos_token(checkpoint, vocab_size)) return;
  throw DataError(fmt::format("{}: bos_token_id: {} is no token id, a whole number from 0 to {}",
                              (checkpoint.dir() / "config.json").string(), printable(bos.dump()),
                              vocab_size - 1));
}

}  // namespace nf
