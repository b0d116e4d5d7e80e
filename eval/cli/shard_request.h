#pragma once

#include <optional>

#include "eval/cli/command.h"
#include "eval/run/plan_shards.h"

namespace nf {

/// Declares --shards, --hours, --by and --rates, of commands that cut an experiment.
void add_shard_request(CommandLine& line);

/// The shards behind them (ConfigError); nullopt where neither --shards nor --hours was given.
std::optional<ShardRequest> shard_request(const CommandLine& line);

}  // namespace nf
