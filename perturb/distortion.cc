#include "perturb/distortion.h"

#include "core/base/check.h"

namespace nf {

void Distortion::local_step(ConstMatrixView, const DistortionContext&, MatrixView) const {
  NF_CHECK(false, "{} has no steps", config().dump());
}

TensorChoicePtr Distortion::choose(const TensorReaders&, const DistortionContext&) const {
  return nullptr;
}

MatrixFiguresPtr Distortion::figures(const RowSource&, const DistortionContext&) const {
  return nullptr;
}

const InputStatistics& Distortion::needed_inputs(ConstMatrixView x,
                                                 const DistortionContext& context) const {
  const InputStatistics* inputs = context.inputs;
  NF_CHECK(inputs != nullptr, "{}: no statistics of its inputs", context.site.name());
  NF_CHECK(inputs->has(input_needs(context.site.tensor)), "{}: not all statistics of its inputs",
           context.site.name());
  NF_CHECK(inputs->in == x.cols(), "{}: statistics of {} features, [{}, {}] values",
           context.site.name(), inputs->in, x.rows(), x.cols());
  return *inputs;
}

void Distortion::levels_around(ConstMatrixView, const DistortionContext&, MatrixView,
                               MatrixView) const {
  NF_CHECK(false, "{} has no levels", config().dump());
}

DistortionReport Distortion::finish(ConstMatrixView, const WholeChange&, const DistortionContext&,
                                    MatrixView) const {
  throw InternalError("a distortion that makes the whole of its change has nothing to finish");
}

Unit chosen_unit(const Unit& unit, const Json& notes) {
  Unit chosen = unit;
  if (!notes.is_object()) return chosen;
  if (const auto group = notes.find("group"); group != notes.end())
    chosen.group = group->get<Index>();
  if (const auto axis = notes.find("axis"); axis != notes.end())
    chosen.kind = *axis == "in" ? Unit::Kind::group_in : Unit::Kind::group;
  return chosen;
}

}  // namespace nf
