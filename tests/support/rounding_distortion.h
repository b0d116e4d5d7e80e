#pragma once

#include <algorithm>
#include <cmath>

#include "core/config/field_table.h"
#include "perturb/noise_registry.h"

namespace nf {

/// A quantizer for tests of what refers to one: rounds |x| < 1 to multiples of `step`, larger
/// values to multiples of twice that. YAML: {step: 0.25}. A step of 0 is the identity.
class RoundingDistortion final : public Distortion {
 public:
  struct Entry {
    double step = 0.0;
    static FieldTable<Entry> fields() {
      FieldTable<Entry> table;
      table.required("step", &Entry::step, {.summary = "width of a cell", .range = at_least(0)});
      return table;
    }
  };

  explicit RoundingDistortion(double step) : step_(static_cast<float>(step)) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext&,
                         MatrixView distorted) const override {
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) {
        const float step = step_at(x(r, c));
        distorted(r, c) = step > 0.0f ? std::nearbyint(x(r, c) / step) * step : x(r, c);
      }
    return {};
  }
  bool is_identity() const override { return step_ == 0.0f; }
  bool has_steps() const override { return true; }
  void local_step(ConstMatrixView x, const DistortionContext&, MatrixView step) const override {
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) step(r, c) = step_at(x(r, c));
  }
  bool has_levels() const override { return true; }
  void levels_around(ConstMatrixView x, const DistortionContext&, MatrixView lower,
                     MatrixView upper) const override {
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) {
        const float step = step_at(x(r, c)), place = x(r, c) / step;
        lower(r, c) = step > 0.0f ? std::floor(place) * step : x(r, c);
        upper(r, c) = step > 0.0f ? std::ceil(place) * step : x(r, c);
      }
  }
  Index rows_together(Index) const override { return 1; }
  Json config() const override { return {{"step", static_cast<double>(step_)}}; }

  static DistortionPtr build(const ConfigNode& node, SiteTensor, ConfigErrors& errors) {
    const Index before = errors.count();
    const Entry entry = Entry::fields().read(node, errors);
    if (errors.count() != before) return nullptr;
    return std::make_shared<RoundingDistortion>(entry.step);
  }

 private:
  float step_at(float v) const { return std::abs(v) < 1.0f ? step_ : 2.0f * step_; }

  float step_;
};

}  // namespace nf
