#include <cmath>

#include "perturb/magnitude_threshold.h"
#include "perturb/noise_registry.h"
#include "perturb/scaled_noise.h"

namespace nf {
namespace {

struct OutlierKeys : MagnitudeThreshold {
  static FieldTable<OutlierKeys> fields() {
    FieldTable<OutlierKeys> table;
    MagnitudeThreshold::add_fields(table);
    return table;
  }
};

/// Weight 1 beyond the threshold of the unit, where a clip with the same keys moves values, else 0.
UnitWeights weights(const UnitValues& unit, const MagnitudeThreshold& threshold) {
  return [limit = threshold.of(unit.x)](const UnitValues& of, Index row, float* z) {
    const float* x = of.x.row(row);
    for (Index c = 0; c < of.x.cols(); ++c) z[c] = std::abs(x[c]) > limit ? z[c] : 0.0f;
  };
}

Relation relation(const ConfigNode& entry, ConfigErrors& errors) {
  const FieldTable<OutlierKeys>& table = fields_of<OutlierKeys>();
  const Index before = errors.count();
  OutlierKeys keys;
  table.read_fields(entry, keys, errors);
  if (errors.count() == before) keys.check(entry, errors);
  return {.config = table.write(keys),
          .weights = [keys](const UnitValues& unit) { return weights(unit, keys); },
          .sees_unit = true};
}

}  // namespace

void register_outliers_only(NoiseRegistry& registry) {
  registry.add(related_noise_kind({.name = "outliers_only",
                                   .summary = "normal noise on the values beyond a threshold alone",
                                   .distribution = "gaussian",
                                   .relation_fields = fields_of<OutlierKeys>().docs(),
                                   .relation = relation}));
}

}  // namespace nf
