#include "perturb/top_directions_part.h"

#include <utility>

#include "perturb/row_component.h"
#include "perturb/top_directions.h"

namespace nf {
namespace {

struct Leading final : MatrixFigures {
  explicit Leading(Directions of_inputs) : directions(std::move(of_inputs)) {}
  Directions directions;
};

class OffTopDirections final : public DeltaPart {
 public:
  OffTopDirections(std::function<Index(Index in)> count, Json config)
      : count_(std::move(count)), config_(std::move(config)) {}

  void keep(const ChangeRow& row, const DistortionContext& context, double* delta) const override {
    const auto* leading = static_cast<const Leading*>(row.figures);
    NF_CHECK(leading != nullptr && leading->directions.size == row.cols,
             "{}: no directions of its inputs", context.site.name());
    for (Index k = 0; k < leading->directions.count; ++k)
      remove_component(leading->directions[k], row.cols, delta);
  }
  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext& context) const override {
    NF_CHECK(context.inputs != nullptr && context.inputs->second_moment.size() == x.cols(),
             "{}: no second moment of its inputs", context.site.name());
    return std::make_shared<Leading>(
        top_directions(context.inputs->second_moment, count_(x.cols())));
  }

  InputNeeds needs(SiteTensor) const override { return {.second_moment = true}; }
  bool acts_on(SiteTensor tensor) const override { return tensor == SiteTensor::weight; }
  Json config() const override { return config_; }

 private:
  std::function<Index(Index in)> count_;
  Json config_;
};

}  // namespace

DeltaPartPtr off_top_directions(Index k) {
  return off_top_directions([k](Index) { return k; }, {{"off_top_directions", k}});
}

DeltaPartPtr off_top_directions(std::function<Index(Index in)> count, Json config) {
  return std::make_shared<OffTopDirections>(std::move(count), std::move(config));
}

}  // namespace nf
