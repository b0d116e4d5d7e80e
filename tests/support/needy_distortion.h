#pragma once

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/config/field_table.h"
#include "perturb/noise_registry.h"

namespace nf {

/// A distortion that cannot act without statistics of its inputs: adds to each value, with a =
/// max_abs and M = second_moment of T tokens,
///   δ(r, c) = factor · Σ_j x(r, j) · M(j, c) / (T · in · a_j · a_c),
/// terms with a_j · a_c = 0 left out. |δ| is at most factor times the row's mean |x|. YAML: {noise:
/// needy, factor: 0.5}. A factor of 0 is the identity. With `look:` it looks at something else:
///   ranges: δ = factor · x · a_c / (max a + m_c), m the largest |w| by feature;
///   choice: δ = factor · x · a mean of |w| over all linears chosen for;
///   both: the sum of what `choice` and `replay` add;
///   replay: δ = factor · x · e / (1 + e), e the error of the sub-layer with x / 2 in its place;
///   nothing: there is none to make it of: NumericError.
class NeedyDistortion final : public Distortion {
 public:
  struct Entry {
    std::string noise = "needy";
    double factor = 0.0;
    std::optional<std::string> look{};
    static FieldTable<Entry> fields() {
      FieldTable<Entry> table;
      table.required("noise", &Entry::noise, {.summary = "kind of noise", .example = "needy"});
      table.required("factor", &Entry::factor,
                     {.summary = "share of the mean of |x| of a row that a value may move",
                      .unit = "ratio",
                      .range = at_least(0),
                      .example = 0.5});
      table.optional("look", &Entry::look, {.summary = "at what", .example = "ranges"});
      return table;
    }
  };

  explicit NeedyDistortion(double factor, std::string look = "")
      : factor_(factor), look_(std::move(look)) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), distorted.row(r));
    if (is_identity() || x.empty()) return {};
    const InputStatistics& inputs = needed_inputs(x, context);
    if (look_ == "nothing") throw NumericError(context.site.name() + ": nothing to look at");
    if (!look_.empty()) return apply_look(x, context, inputs, distorted);
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c)
        distorted(r, c) = static_cast<float>(static_cast<double>(x(r, c)) + delta(x, inputs, r, c));
    return {};
  }
  bool is_identity() const override { return factor_ == 0.0; }
  InputNeeds input_needs(SiteTensor) const override {
    if (is_identity()) return {};
    return {.ranges = true,
            .second_moment = look_.empty(),
            .weight_ranges = look_ == "ranges",
            .replay = replays()};
  }
  bool chooses() const override { return look_ == "choice" || look_ == "both"; }
  TensorChoicePtr choose(const TensorReaders& readers,
                         const DistortionContext& context) const override {
    NF_CHECK(context.inputs != nullptr, "no statistics");
    double sum = 0.0, count = 0.0;
    for (const ConstMatrixView weight : readers.weights)
      for (Index r = 0; r < weight.rows(); ++r)
        for (Index c = 0; c < weight.cols(); ++c, count += 1.0)
          sum += std::abs(static_cast<double>(weight(r, c)));
    auto choice = std::make_shared<Choice>();
    choice->mean = sum / count;
    return choice;
  }
  /// As much as inverting the second moment would take.
  double scratch_bytes(Index, Index cols) const override {
    return sizeof(double) * static_cast<double>(cols * cols);
  }
  Json config() const override {
    Json json = Entry::fields().write({.factor = factor_});
    if (look_.empty())
      json.erase("look");
    else
      json["look"] = look_;
    return json;
  }

  static DistortionPtr build(const ConfigNode& node, SiteTensor, ConfigErrors& errors) {
    const Index before = errors.count();
    const Entry entry = Entry::fields().read(node, errors);
    if (errors.count() != before) return nullptr;
    return std::make_shared<NeedyDistortion>(entry.factor, entry.look.value_or(""));
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
  bool replays() const { return look_ == "replay" || look_ == "both"; }
  struct Choice final : TensorChoice {
    double mean = 0.0;
  };
  DistortionReport apply_look(ConstMatrixView x, const DistortionContext& context,
                              const InputStatistics& inputs, MatrixView distorted) const {
    double share = 0.0, most = 0.0;
    for (const float a : inputs.max_abs) most = std::max(most, static_cast<double>(a));
    if (chooses()) share = dynamic_cast<const Choice&>(*context.choice).mean;
    if (replays()) {
      Matrix half(x.rows(), x.cols());
      for (Index r = 0; r < x.rows(); ++r)
        for (Index c = 0; c < x.cols(); ++c) half(r, c) = 0.5f * x(r, c);
      const SublayerReplay::Candidate candidate{context.site.role, half};
      const double error =
          context.replay->error(SublayerReplay::Around::made, std::span(&candidate, 1));
      share += error / (1.0 + error);
    }
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) {
        if (look_ == "ranges")
          share = static_cast<double>(inputs.max_abs[static_cast<std::size_t>(c)]) /
                  (most + static_cast<double>(inputs.max_abs_weight[static_cast<std::size_t>(c)]));
        distorted(r, c) =
            static_cast<float>(static_cast<double>(x(r, c)) * (1.0 + factor_ * share));
      }
    return {.clipped = 3, .notes = {{"axis", look_}}};
  }
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
  std::string look_;
};

}  // namespace nf
