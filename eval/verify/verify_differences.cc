#include "eval/verify/verify_differences.h"

#include <fmt/format.h>

#include <set>
#include <tuple>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/io/read_json.h"

namespace nf {
namespace {

/// Site, first window and windows: a part of the text that statistics were summed over.
using Block = std::tuple<std::string, Index, Index>;

std::set<Block> blocks_of(const Record& record) {
  std::set<Block> blocks;
  for (const SiteStats& site : record.sites)
    blocks.emplace(site.site, site.first_window, site.windows);
  return blocks;
}

std::string block_name(const Block& block) {
  const auto& [site, first, windows] = block;
  if (windows == 0) return printable(site);
  return fmt::format("{}, windows {} to {}", printable(site), first, first + windows - 1);
}

void compare(const std::string& where, const Json& stored, const Json& now,
             std::vector<RecordDifference>& found) {
  for (const auto& [key, value] : now.items())
    if (const auto other = stored.find(key); other != stored.end() && *other != value)
      found.push_back({where, key, printable(other->dump()), value.dump()});
}

}  // namespace

std::vector<RecordDifference> rerun_differences(const Record& stored, const Record& now) {
  std::vector<RecordDifference> found = record_differences(stored, now);
  if (stored.convention != now.convention)
    found.push_back({"trial", "convention", printable(stored.convention), now.convention});
  if (stored.failed() || now.failed()) {
    if (stored.status == now.status && stored.error != now.error)
      found.push_back({"trial", "error", printable(stored.error), printable(now.error)});
    return found;
  }
  const std::set<Block> before = blocks_of(stored), after = blocks_of(now);
  for (const Block& block : before)
    if (!after.contains(block)) found.push_back({block_name(block), "site", "there", "missing"});
  for (const Block& block : after)
    if (!before.contains(block)) found.push_back({block_name(block), "site", "missing", "there"});
  return found;
}

std::vector<RecordDifference> derived_differences(const std::string& line, const Record& record,
                                                  const MetricRegistry& metrics) {
  Json stored;
  try {
    stored = parse_json(line, "damaged");  // figures that nothing reads were only skipped before
  } catch (const DataError& error) {
    return {{"trial", "JSON", printable(error.what()), "sound"}};
  }
  const Json now = Json::parse(record_to_line(record, metrics));
  std::vector<RecordDifference> found;
  if (const auto before = stored.find("metrics"); before != stored.end() && before->is_object())
    compare("metrics", *before, now.at("metrics"), found);
  const Json &sites = stored.at("sites"), &sites_now = now.at("sites");
  for (std::size_t i = 0; i < record.sites.size() && !record.failed(); ++i)
    compare(printable(record.sites[i].site),
            {{"relative_l2", sites[i].value("relative_l2", Json())}},
            {{"relative_l2", sites_now[i].at("relative_l2")}}, found);
  return found;
}

}  // namespace nf
