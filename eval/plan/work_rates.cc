#include "eval/plan/work_rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

constexpr std::pair<const char*, double WorkRates::*> kRates[] = {
    {"block_flops", &WorkRates::block_flops},
    {"head_flops", &WorkRates::head_flops},
    {"integer_flops", &WorkRates::integer_flops},
    {"packing", &WorkRates::packing},
    {"distorting", &WorkRates::distorting},
    {"measuring", &WorkRates::measuring},
    {"reading", &WorkRates::reading}};

/// No machine is so much faster or slower than the nominal one.
constexpr double kMostApart = 1e6;

/// What a person's file has to hold beside what a folder's has: a word misspelt would be a rate
/// left out, and a slip of the exponent a plan without sense.
void check_given(const Json& json, const std::string& place) {
  const std::string help = "`noisefloor doctor --json` measures a machine's";
  if (json.empty()) throw ConfigError(fmt::format("{}: holds no rates; {}", place, help));
  std::vector<std::string> known = {"threads"};
  for (const auto& [name, rate] : kRates) known.emplace_back(name);
  for (const auto& [key, value] : json.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw ConfigError(
          fmt::format("{}: {}: is no rate{}", place, printable(key), suggestion(key, known)));
  const WorkRates nominal;
  for (const auto& [name, rate] : kRates) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_number()) continue;
    const double usual = nominal.*rate, value = found->get<double>();
    if (value > 0.0 && (value < usual / kMostApart || value > usual * kMostApart))
      throw ConfigError(fmt::format("{}: {}: {} is no machine's, about {:g} is usual; {}", place,
                                    name, found->dump(), usual, help));
  }
}

}  // namespace

Json WorkRates::to_json() const {
  Json json = {{"threads", threads}};
  for (const auto& [name, rate] : kRates) json[name] = this->*rate;
  return json;
}

WorkRates WorkRates::of_json(const Json& json, const std::string& place) {
  if (!json.is_object()) throw ConfigError(fmt::format("{}: is no object", place));
  WorkRates rates;
  if (const auto threads = json.find("threads"); threads != json.end()) {
    if (!threads->is_number_integer() || threads->get<Index>() < 1)
      throw ConfigError(fmt::format("{}: threads: needs a whole number of at least 1, is {}", place,
                                    threads->dump()));
    rates.threads = threads->get<Index>();
  }
  for (const auto& [name, rate] : kRates) {
    const auto found = json.find(name);
    if (found == json.end()) continue;
    const double value = found->is_number() ? found->get<double>() : 0.0;
    if (!(value > 0.0) || !std::isfinite(value))
      throw ConfigError(
          fmt::format("{}: {}: needs a number above 0, is {}", place, name, found->dump()));
    rates.*rate = value;
  }
  if (!json.contains("integer_flops")) rates.integer_flops = kIntegerSpeed * rates.block_flops;
  return rates;
}

WorkRates WorkRates::of_file(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file))
    throw ConfigError(fmt::format("{}: is a folder, not a file of rates", file.string()));
  const Json json = Json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    throw ConfigError(fmt::format(
        "{}: is no JSON object; `noisefloor doctor --json` writes a file of rates", file.string()));
  const auto rates = json.find("rates");
  const bool is_whole = rates == json.end();
  const Json& given = is_whole ? json : *rates;
  const std::string place = file.string() + (is_whole ? "" : ": rates");
  if (given.is_object()) check_given(given, place);
  return of_json(given, place);
}

}  // namespace nf
