#pragma once

#include <utility>

#include "tests/quant/quantizer_test_data.h"

namespace nf {

/// A quantizer that cannot act without statistics of its inputs: rounds to nearest, but a column
/// whose feature is always 0 becomes 0, as in GPTQ (arXiv 2210.17323). YAML: method: needy.
class NeedyQuantizer final : public Distortion {
 public:
  explicit NeedyQuantizer(DistortionPtr rtn) : rtn_(std::move(rtn)) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    const InputStatistics& inputs = needed_inputs(x, context);
    const DistortionReport report = rtn_->apply(x, context, distorted);
    for (Index c = 0; c < x.cols(); ++c)
      if (inputs.second_moment(c, c) == 0.0)
        for (Index r = 0; r < x.rows(); ++r) distorted(r, c) = 0.0f;
    return report;
  }
  InputNeeds input_needs(SiteTensor) const override { return {.second_moment = true}; }
  bool has_steps() const override { return true; }
  void local_step(ConstMatrixView x, const DistortionContext& context,
                  MatrixView step) const override {
    rtn_->local_step(x, context, step);
  }
  Json config() const override {
    Json json = rtn_->config();
    json["method"] = "needy";
    return json;
  }

  static QuantizerMethod method() {
    return {.name = "needy",
            .summary = "round to nearest, columns that are never read to 0",
            .fields = {},
            .create = [](const QuantizerConfig& entry, const ConfigNode& node, SiteTensor tensor,
                         ConfigErrors& errors) -> DistortionPtr {
              QuantizerConfig rounding = entry;
              rounding.method = "rtn";
              const QuantizerRegistry builtin = builtin_quantizers();
              return std::make_shared<NeedyQuantizer>(
                  builtin.find("rtn")->create(rounding, node, tensor, errors));
            }};
  }

 private:
  DistortionPtr rtn_;
};

}  // namespace nf
