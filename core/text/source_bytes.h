#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace nf {

/// The source bytes (Pieces::source_bytes) of `after`, which a normalizer made of `before`, whose
/// own are `bytes`. A normalizer does not say which character became which, so it is told from the
/// two:
///   - `before` itself with something put in front, which stands for nothing
///   - as many characters: each stands for what the one in its place stood for
///   - as many characters as bytes: each stands for what that byte stood for
///   - else the bytes of the result count: one each, and U+2581, which is written for a space, one.
/// before, bytes: [n]; result: [after.size()]
std::vector<std::int32_t> carry_source_bytes(std::string_view before,
                                             const std::vector<std::int32_t>& bytes,
                                             std::string_view after);

}  // namespace nf
