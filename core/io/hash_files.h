#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/io/mapped_file.h"
#include "core/io/piece_hash_cache.h"

namespace nf {

/// Names contents: 32 hexadecimal digits of `head` and of every byte of the files, in their order;
/// file names do not count. Every file is cut into pieces of 64 MiB, which are hashed side by side
/// (parallel_for) with XXH3-128; the answer is the ContentHash of `head`, then for each file its
/// length and its pieces' hashes (16 bytes each, most significant first). The number of threads
/// makes no difference. Reads everything but the files whose hashes the cache has, and keeps there
/// what it reads; without one (null) it reads everything. A few MiB for each thread are resident
/// meanwhile.
std::string hash_files(std::string_view head, std::span<const MappedFile* const> files,
                       const PieceHashCache* cache = nullptr);

}  // namespace nf
