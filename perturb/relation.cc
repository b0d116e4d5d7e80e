#include "perturb/relation.h"

#include <algorithm>
#include <cmath>

#include "core/config/field_table.h"
#include "perturb/noise_kernels.h"

namespace nf {
namespace {

struct PowerForm {
  double power = 0.0;

  static FieldTable<PowerForm> fields() {
    FieldTable<PowerForm> table;
    table.required("power", &PowerForm::power,
                   {.summary = "exponent p of |x|^p", .range = between(-4, 4), .example = 0.5});
    return table;
  }
};

constexpr EnumName<Relation::Kind> kWords[] = {
    {Relation::Kind::independent, "independent", "the noise does not look at the value"},
    {Relation::Kind::proportional, "proportional", "times |x|"},
    {Relation::Kind::inverse, "inverse", "times (max|x| of the unit - |x|)"},
    {Relation::Kind::step, "step", "times the reference quantizer's local step"},
};

}  // namespace

std::optional<Relation> ConfigValue<Relation>::read(const ConfigNode& node, ConfigErrors& errors) {
  if (node.is_mapping()) {
    const Index before = errors.count();
    const PowerForm form = PowerForm::fields().read(node, errors);
    if (errors.count() != before) return std::nullopt;
    return Relation{Relation::Kind::power, form.power};
  }
  if (!node.is_scalar()) {
    add_unreadable(node, type(), "", errors);
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const auto& word : kWords) {
    if (node.text() == word.name) return Relation{word.value, 0.0};
    names.push_back(word.name);
  }
  names.push_back("{power: p}");
  errors.add(node,
             fmt::format("unknown value {}{}", describe(node), suggestion(node.text(), names)));
  return std::nullopt;
}

Json ConfigValue<Relation>::write(const Relation& relation) {
  if (relation.kind == Relation::Kind::power) return {{"power", relation.exponent}};
  for (const auto& word : kWords)
    if (relation.kind == word.value) return word.name;
  NF_CHECK(false, "relation kind {}", static_cast<int>(relation.kind));
}

std::string ConfigValue<Relation>::type() {
  return "independent | proportional | inverse | step | {power: number}";
}

Json ConfigValue<Relation>::schema() {
  Json options = Json::array();
  for (const auto& word : kWords)
    options.push_back({{"const", word.name}, {"description", word.summary}});
  options.push_back(PowerForm::fields().schema());
  return {{"anyOf", std::move(options)}};
}

RelationWeights::RelationWeights(const Relation& relation, double floor, ConstMatrixView x)
    : relation_(relation) {
  const NoiseKernels& kernels = noise_kernels();
  if (relation.kind == Relation::Kind::inverse) {
    for (Index r = 0; r < x.rows(); ++r)
      largest_ = std::max(largest_, kernels.max_abs(x.row(r), x.cols()));
  }
  if (relation.kind == Relation::Kind::power) {
    double squares = 0.0;
    for (Index r = 0; r < x.rows(); ++r) squares += kernels.sum_squares(x.row(r), x.cols());
    const double rms = std::sqrt(squares / static_cast<double>(std::max<Index>(x.size(), 1)));
    if (rms > 0.0 && std::isfinite(rms)) exponent_ = std::ilogb(rms);
    if (relation.exponent < 0.0) floor_ = static_cast<float>(floor * rms);
  }
}

void RelationWeights::multiply(float* z, const float* x, const float* step, Index n) const {
  const NoiseKernels& kernels = noise_kernels();
  switch (relation_.kind) {
    case Relation::Kind::independent:
      break;
    case Relation::Kind::proportional:
      kernels.multiply_abs(z, x, n);
      break;
    case Relation::Kind::inverse:
      kernels.multiply_remainder(z, x, largest_, n);
      break;
    case Relation::Kind::power:
      // |x|^0 is 1, at 0 too.
      if (relation_.exponent != 0.0)
        kernels.multiply_power(z, x, relation_.exponent, floor_, exponent_, n);
      break;
    case Relation::Kind::step:
      kernels.multiply(z, step, n);
      break;
  }
}

}  // namespace nf
