#pragma once

#include <optional>

#include "core/base/types.h"
#include "core/checkpoint/checkpoint.h"

namespace nf {

/// `bos_token_id` of config.json where it is a token id below `vocab_size`; nullopt where it is
/// missing or anything else, which no use of the model may need.
std::optional<Index> find_bos_token(const Checkpoint& checkpoint, Index vocab_size);

/// DataError "FILE: bos_token_id: VALUE is no token id" where config.json has one that is none: for
/// whoever wants to use it.
void refuse_bad_bos_token(const Checkpoint& checkpoint, Index vocab_size);

}  // namespace nf
