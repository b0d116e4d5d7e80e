#include "eval/cli/shard_request.h"

#include <fmt/format.h>

#include <charconv>

#include "core/base/error.h"

namespace nf {
namespace {

/// A cut is no finer: each shard is a process, and reads the model.
constexpr std::int64_t kMostShards = 100'000;

double hours_option(const CommandLine& line) {
  const std::string text = line.text("hours");
  double hours = 0.0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, hours);
  constexpr double kMost = 1e6;
  if (read.ec != std::errc{} || read.ptr != end || !(hours > 0.0) || hours > kMost)
    throw ConfigError(
        fmt::format("--hours: needs a number above 0, such as 1 or 0.5, is '{}'", text));
  return hours;
}

}  // namespace

void add_shard_request(CommandLine& line) {
  line.option("shards", "N: cut the experiment into that many shards")
      .option("hours", "H: cut it into as many as are needed for shards of about so many hours")
      .option("by", kByHelp)
      .option("rates", kRatesHelp);
}

std::optional<ShardRequest> shard_request(const CommandLine& line) {
  if (!line.has("shards") && !line.has("hours")) return std::nullopt;
  if (line.has("shards") && line.has("hours"))
    throw ConfigError("--shards and --hours: say one of them");
  ShardRequest request{
      .by = by_option(line), .rates = rates_option(line), .threads = line.number("threads", 1)};
  if (line.has("hours"))
    request.seconds = 3600.0 * hours_option(line);
  else
    request.count = line.number("shards", 1);
  if (request.count > kMostShards)
    throw ConfigError(fmt::format("--shards: {} are more than {}", *request.count, kMostShards));
  return request;
}

}  // namespace nf
