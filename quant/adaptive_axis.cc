#include "quant/adaptive_axis.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/tensor/matrix.h"
#include "perturb/output_error.h"

namespace nf {
namespace {

/// The linears whose error is looked at behind the others of their sub-layer.
bool has_others_behind(Role role) {
  return is_block_role(role) && role != Role::o_proj && role != Role::down_proj;
}

}  // namespace

AdaptiveAxis::AdaptiveAxis(Form along_inputs, Form along_outputs, Index group, ErrorAt error_at)
    : along_inputs_(std::move(along_inputs)),
      along_outputs_(std::move(along_outputs)),
      group_(group),
      error_at_(error_at) {
  for (const Form& form : {along_inputs_, along_outputs_})
    NF_CHECK(form.trial->input_needs(SiteTensor::weight).empty() && !form.method->chooses(),
             "not a quantizer to choose from: {}", form.method->config().dump());
}

DistortionReport AdaptiveAxis::apply(ConstMatrixView x, const DistortionContext& context,
                                     MatrixView distorted) const {
  const Form& form = choose_form(x, context);
  DistortionReport report = form.method->apply(x, context, distorted);
  report.join({.notes = {{"axis", &form == &along_inputs_ ? "out" : "in"}}});
  return report;
}

void AdaptiveAxis::local_step(ConstMatrixView x, const DistortionContext& context,
                              MatrixView step) const {
  choose_form(x, context).method->local_step(x, context, step);
}

void AdaptiveAxis::levels_around(ConstMatrixView x, const DistortionContext& context,
                                 MatrixView lower, MatrixView upper) const {
  choose_form(x, context).method->levels_around(x, context, lower, upper);
}

const AdaptiveAxis::Form& AdaptiveAxis::choose_form(ConstMatrixView x,
                                                    const DistortionContext& context) const {
  const double along_inputs = error(along_inputs_, x, context);
  return error(along_outputs_, x, context) < along_inputs ? along_outputs_ : along_inputs_;
}

double AdaptiveAxis::error(const Form& form, ConstMatrixView x,
                           const DistortionContext& context) const {
  const InputStatistics& inputs = needed_inputs(x, context);
  Matrix rounded(x.rows(), x.cols());
  form.trial->apply(x, {.site = context.site}, rounded);
  if (error_at_ == ErrorAt::block && has_others_behind(context.site.role)) {
    NF_CHECK(context.replay != nullptr, "{}: no replay", context.site.name());
    const SublayerReplay::Candidate candidate{context.site.role, rounded};
    return context.replay->error(SublayerReplay::Around::made, {&candidate, 1});
  }
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c) rounded(r, c) -= x(r, c);
  return output_error(rounded, inputs.second_moment) /
         static_cast<double>(inputs.size.tokens * x.rows());
}

InputNeeds AdaptiveAxis::input_needs(SiteTensor tensor) const {
  const InputNeeds own{.second_moment = true, .replay = error_at_ == ErrorAt::block};
  return own.joined(along_inputs_.method->input_needs(tensor))
      .joined(along_outputs_.method->input_needs(tensor));
}

double AdaptiveAxis::scratch_bytes(Index rows, Index cols) const {
  const double matrix = sizeof(float) * static_cast<double>(rows * cols);
  // The replay packs what is rounded.
  const double rounded = (error_at_ == ErrorAt::block ? 2.0 : 1.0) * matrix;
  return std::max({rounded, along_inputs_.method->scratch_bytes(rows, cols),
                   along_outputs_.method->scratch_bytes(rows, cols)});
}

Json AdaptiveAxis::config() const {
  Json json = along_inputs_.method->config();
  json["granularity"] = {{"adaptive", group_}, {"error_at", enum_name(error_at_)}};
  return json;
}

}  // namespace nf
