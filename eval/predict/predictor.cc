#include "eval/predict/predictor.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace nf {

PredictorRegistry PredictorRegistry::builtin() {
  PredictorRegistry registry;
  register_builtin_predictors(registry);
  return registry;
}

void PredictorRegistry::add(Predictor predictor) {
  NF_CHECK(find(predictor.name) == nullptr, "predictor {} registered twice", predictor.name);
  const auto place =
      std::upper_bound(predictors_.begin(), predictors_.end(), predictor,
                       [](const Predictor& a, const Predictor& b) { return a.name < b.name; });
  predictors_.insert(place, std::move(predictor));
}

const Predictor* PredictorRegistry::find(const std::string& name) const {
  const auto found =
      std::find_if(predictors_.begin(), predictors_.end(),
                   [&name](const Predictor& predictor) { return predictor.name == name; });
  return found == predictors_.end() ? nullptr : &*found;
}

}  // namespace nf
