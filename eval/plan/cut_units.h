#pragma once

#include <vector>

#include "eval/plan/model_plan.h"
#include "eval/plan/shard_cut.h"
#include "eval/plan/wave_cost.h"

namespace nf {

/// One model's conditions as pieces to cut between.
struct ModelUnits {
  std::vector<CutUnit> units;     ///< one at least: the baseline is the first one's
  std::vector<Index> conditions;  ///< of the units, numbers among ModelPlan::conditions(); a model
                                  ///< without any has one unit and none
};

/// The conditions of one model in the order of their tree, and the seconds that each takes where
/// work goes at these rates: from the headers of the model and the numbers of tokens alone. A
/// search counts with the steps that searches like it take. before: units of other models, which
/// stand before these.
ModelUnits cut_units_of(const ModelPlan& plan, const std::vector<const Job*>& conditions,
                        const StoredBytes& stored, const WorkRates& rates, Index before);

}  // namespace nf
