#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// The parts of a list of shards that differ from one batch to the next.
struct ShardList {
  std::filesystem::path dir;      ///< of the batch, absolute
  std::filesystem::path program;  ///< noisefloor, absolute
  std::vector<Index> shards;      ///< from 1
  Index threads = 1;              ///< of a worker
  Index memory = 0;               ///< bytes that a worker is told to stay within; 0: nothing
};

/// A command a line, one for each shard: for GNU parallel and whatever else takes lists.
std::string list_text(const ShardList& list);
/// A script that runs such a list (shards.txt) with GNU parallel and keeps a log of its jobs.
std::string parallel_script(const ShardList& list);
/// A script that runs one shard after the other.
std::string loop_script(const ShardList& list);

}  // namespace nf
