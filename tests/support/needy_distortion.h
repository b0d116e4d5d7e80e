#pragma once

#include <memory>

#include "core/config/field_table.h"
#include "perturb/noise_registry.h"

namespace nf {

/// A distortion that cannot act without statistics of its inputs: adds to each value, with a =
/// max_abs and M = second_moment of T tokens,
///   δ(r, c) = factor · Σ_j x(r, j) · M(j, c) / (T · in · a_j · a_c),
/// terms with a_j · a_c = 0 left out. |δ| is at most factor times the row's mean |x|. YAML: {noise:
/// needy, factor: 0.5}. A factor of 0 is the identity.
class NeedyDistortion final : public Distortion {
 public:
  struct Entry {
    std::string noise = "needy";
    double factor = 0.0;
    static FieldTable<Entry> fields() {
      FieldTable<Entry> table;
      table.required("noise", &Entry::noise, {.summary = "kind of noise", .example = "needy"});
      table.required("factor", &Entry::factor,
                     {.summary = "share of the mean of |x| of a row that a value may move",
                      .unit = "ratio",
                      .range = at_least(0),
                      .example = 0.5});
      return table;
    }
  };

  explicit NeedyDistortion(double factor) : factor_(factor) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), distorted.row(r));
    if (is_identity() || x.empty()) return {};
    const InputStatistics& inputs = needed_inputs(x, context);
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c)
        distorted(r, c) = static_cast<float>(static_cast<double>(x(r, c)) + delta(x, inputs, r, c));
    return {};
  }
  bool is_identity() const override { return factor_ == 0.0; }
  InputNeeds input_needs(SiteTensor) const override {
    return is_identity() ? InputNeeds{} : InputNeeds{.ranges = true, .second_moment = true};
  }
  /// As much as inverting the second moment would take.
  double scratch_bytes(Index, Index cols) const override {
    return sizeof(double) * static_cast<double>(cols * cols);
  }
  Json config() const override { return Entry::fields().write({.factor = factor_}); }

  static DistortionPtr build(const ConfigNode& node, SiteTensor, ConfigErrors& errors) {
    const Index before = errors.count();
    const Entry entry = Entry::fields().read(node, errors);
    if (errors.count() != before) return nullptr;
    return std::make_shared<NeedyDistortion>(entry.factor);
  }
  static NoiseKind kind() {
    NoiseKind kind;
    kind.name = "needy";
    kind.summary = "moves values along the second moment of their inputs";
    kind.fields = Entry::fields().docs();
    kind.create = [](const ConfigNode& node, SiteTensor tensor, const DistortionBuilder&,
                     ConfigErrors& errors) { return build(node, tensor, errors); };
    return kind;
  }

 private:
  double delta(ConstMatrixView x, const InputStatistics& inputs, Index r, Index c) const {
    const auto most = [&](Index f) {
      return static_cast<double>(inputs.max_abs[static_cast<std::size_t>(f)]);
    };
    double sum = 0.0;
    for (Index j = 0; j < x.cols(); ++j)
      if (const double scale = most(j) * most(c); scale != 0.0)
        sum += static_cast<double>(x(r, j)) * inputs.second_moment(j, c) / scale;
    return factor_ * sum / static_cast<double>(inputs.size.tokens * inputs.in);
  }

  double factor_;
};

}  // namespace nf
