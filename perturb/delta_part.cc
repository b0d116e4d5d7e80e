#include "perturb/delta_part.h"

#include <vector>

#include "core/base/parallel.h"
#include "core/config/joined_word.h"
#include "perturb/held_matrix.h"

namespace nf {
namespace {

std::string name_of(const DeltaPart& part) {
  const Json config = part.config();
  return config.is_object() ? config.begin().key() : config.get<std::string>();
}

}  // namespace

MatrixFiguresPtr DeltaPart::figures(const RowSource&, const DistortionContext&) const {
  return nullptr;
}

const DeltaPartTable& delta_parts() {
  static const DeltaPartTable table = [] {
    DeltaPartTable parts("part");
    register_builtin_delta_parts(parts);
    return parts;
  }();
  return table;
}

std::optional<std::string> part_problem(const DeltaPart& part, const Distortion& whole,
                                        SiteTensor tensor) {
  if (!part.acts_on(kind_tensor(tensor)))
    return fmt::format("{} is of weights; on activations take debiased or off_gain", name_of(part));
  if (part.sees_clipped() && !whole.tells_clipped())
    return fmt::format("{} is a part of what a quantizer or a clip does; this noise clips nothing",
                       name_of(part));
  return std::nullopt;
}

void keep_part(const DeltaPart& part, ConstMatrixView x, const std::uint8_t* clipped,
               const DistortionContext& context, MatrixView delta) {
  NF_CHECK_SHAPE(delta, x.rows(), x.cols());
  NF_CHECK(clipped != nullptr || !part.sees_clipped(), "no marks of what was clipped");
  const MatrixFiguresPtr figures = part.figures(HeldMatrix(x), context);
  parallel_for(x.rows(), [&](Index r) {
    std::vector<double> row(delta.row(r), delta.row(r) + delta.cols());
    part.keep({.x = x.row(r),
               .cols = x.cols(),
               .clipped = clipped == nullptr ? nullptr : clipped + r * x.cols(),
               .figures = figures.get()},
              context, row.data());
    for (Index c = 0; c < x.cols(); ++c)
      delta(r, c) = static_cast<float>(row[static_cast<std::size_t>(c)]);
  });
}

std::optional<DeltaPartPtr> ConfigValue<DeltaPartPtr>::read(const ConfigNode& node,
                                                            ConfigErrors& errors) {
  if (node.is_null()) return DeltaPartPtr();
  return read_kind_or_joined(delta_parts(), node, errors);
}

}  // namespace nf
