#include "eval/records/calibration_identity.h"

#include <fmt/format.h>

#include "core/base/counted.h"

namespace nf {

Json CalibrationIdentity::to_json() const {
  Json json = {{"name", name}};
  if (seed) json["seed"] = *seed;
  json.update({{"windows", windows}, {"tokens", tokens}, {"hash", hash}});
  if (overlap > 0) json["overlap"] = overlap;
  return json;
}

CalibrationIdentity CalibrationIdentity::from_json(const Json& json) {
  CalibrationIdentity set{.name = json.at("name").get<std::string>(),
                          .windows = json.at("windows").get<Index>(),
                          .tokens = json.at("tokens").get<Index>(),
                          .hash = json.at("hash").get<std::string>(),
                          .overlap = json.value("overlap", Index{0})};
  if (const auto seed = json.find("seed"); seed != json.end())
    set.seed = seed->get<std::uint64_t>();
  return set;
}

std::string CalibrationIdentity::text() const {
  return fmt::format("{}{}: {}, {}, hash {}{}", name, seed ? fmt::format(" (seed {})", *seed) : "",
                     counted(windows, "window"), counted(tokens, "token"), hash,
                     overlap > 0 ? fmt::format("; {} evaluated {} in it, too", overlap,
                                               overlap == 1 ? "token stands" : "tokens stand")
                                 : "");
}

}  // namespace nf
