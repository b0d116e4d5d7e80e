#include "quant/grid_spec.h"

#include "core/config/range.h"

namespace nf {
namespace {

constexpr const char* kUniform = "uniform";
constexpr const char* kPower = "power";

}  // namespace

std::optional<GridSpec> ConfigValue<GridSpec>::read(const ConfigNode& node, ConfigErrors& errors) {
  if (node.is_scalar()) {
    if (node.text() == kUniform) return GridSpec{};
    if (node.text() == kPower) return GridSpec{GridSpec::Kind::power, kCubeRoot};
    const std::vector<std::string> words = {kUniform, kPower};
    errors.add(node, fmt::format("unknown grid {}{}", describe(node),
                                 nearest_name(node.text(), words).empty()
                                     ? "; known: uniform, power (the cube root), {power: p}"
                                     : suggestion(node.text(), words)));
    return std::nullopt;
  }
  if (!node.is_mapping()) {
    add_unreadable(node, type(), "", errors);
    return std::nullopt;
  }
  const std::optional<ConfigEntry> entry = read_single_key(node, {kPower}, errors);
  if (!entry) return std::nullopt;
  const std::optional<double> power = ConfigValue<double>::read(entry->value, errors);
  if (!power || !check_range(between(kLowestPower, kHighestPower), entry->value, errors))
    return std::nullopt;
  return GridSpec{GridSpec::Kind::power, *power};
}

Json ConfigValue<GridSpec>::write(const GridSpec& grid) {
  if (grid.kind == GridSpec::Kind::uniform) return kUniform;
  if (grid.power == kCubeRoot) return kPower;
  return {{kPower, grid.power}};
}

std::string ConfigValue<GridSpec>::type() { return "uniform | power | {power: number}"; }

Json ConfigValue<GridSpec>::schema() {
  const Json uniform = {{"const", kUniform}, {"description", "levels at equal distances"}};
  const Json cube_root = {
      {"const", kPower},
      {"description", "levels at equal distances on the cube root: denser at small values"}};
  const Json number = {{"type", "number"}, {"minimum", kLowestPower}, {"maximum", kHighestPower}};
  const Json power = {{"type", "object"},
                      {"properties", {{kPower, number}}},
                      {"required", Json::array({kPower})},
                      {"additionalProperties", false}};
  return {{"oneOf", Json::array({uniform, cube_root, power})}};
}

}  // namespace nf
