#include "eval/allocate/storage_size.h"

#include "core/config/yaml_reader.h"
#include "core/config/yaml_writer.h"
#include "perturb/unit.h"
#include "quant/granularity.h"

namespace nf {
namespace {

constexpr std::int64_t kScaleBits = 16;

Unit unit_of(const Json& entry, const Json& notes) {
  ConfigErrors errors;
  const ConfigNode node =
      parse_yaml(to_yaml({{"granularity", entry.at("granularity")}}), "granularity", errors);
  const std::optional<Granularity> granularity =
      ConfigValue<Granularity>::read(*node.find("granularity"), errors);
  errors.throw_if_any();
  if (granularity->adaptive) {
    const Index group = granularity->adaptive->group;
    const bool along_outputs = notes.is_object() && notes.value("axis", "") == "in";
    return along_outputs ? Unit::groups_in(group) : Unit::groups(group);
  }
  if (granularity->automatic) {
    const Index coarsest = granularity->automatic->coarsest;
    return Unit::groups(notes.is_object() ? notes.value("group", coarsest) : coarsest);
  }
  return granularity->unit;
}

}  // namespace

std::int64_t storage_size(const Json& entry, const Json& notes, Index out, Index in) {
  const auto bits = entry.at("bits").get<std::int64_t>();
  const Index units = UnitBlocks(unit_of(entry, notes), SiteTensor::weight, out, in).count();
  const bool is_fitted = entry.at("grid") == "kmeans";
  const bool has_zero_point = !entry.value("symmetric", true);
  const std::int64_t of_unit =
      (is_fitted ? kScaleBits << bits : kScaleBits) + (has_zero_point ? bits : 0);
  return bits * out * in + of_unit * units;
}

}  // namespace nf
