#include "eval/plan/work_rates.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/base/error.h"
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

}  // namespace

Json WorkRates::to_json() const {
  Json json = {{"threads", threads}};
  for (const auto& [name, rate] : kRates) json[name] = this->*rate;
  return json;
}

WorkRates WorkRates::of_json(const Json& json, const std::string& place) {
  if (!json.is_object()) throw ConfigError(fmt::format("{}: rates are no object", place));
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
  const Json json = Json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    throw ConfigError(fmt::format(
        "{}: is no JSON object; `noisefloor doctor --json` writes a file of rates", file.string()));
  const auto rates = json.find("rates");
  return of_json(rates == json.end() ? json : *rates, file.string());
}

}  // namespace nf
