#include "quant/range_rule.h"

namespace nf {
namespace {

struct Word {
  RangeRule::Kind kind;
  const char* name;
  const char* summary;
};
/// In the order of their names, as the table wants them.
constexpr Word kWords[] = {
    {RangeRule::Kind::awq, "awq",
     "clamped where the error of the partial product on calibration inputs is smallest (weights)"},
    {RangeRule::Kind::minmax, "minmax", "from the smallest to the largest value"},
    {RangeRule::Kind::mse, "mse", "shrunk to where the sum of |error|^2.4 is smallest"}};

Kind<RangeRule> percentile_kind() {
  Kind<RangeRule> kind{.name = "percentile"};
  kind.take_parameter<double>({.summary = "as many percent of |x| lie inside; the others saturate",
                               .unit = "percent",
                               .range = between(0, 100).excluding_min(),
                               .example = 99.9},
                              [](double p) {
                                return RangeRule{RangeRule::Kind::percentile, p};
                              });
  return kind;
}

}  // namespace

const RangeRuleTable& range_rules() {
  static const RangeRuleTable table = [] {
    RangeRuleTable rules("range");
    for (const Word& word : kWords)
      rules.add(
          {.name = word.name, .summary = word.summary, .plain = RangeRule{.kind = word.kind}});
    rules.add(percentile_kind());
    return rules;
  }();
  return table;
}

RangeRule RangeRule::at(const Site& site) const {
  // Clipping them changes the scores of attention more than their own error says (llm-awq).
  const bool is_left_alone = site.role == Role::q_proj || site.role == Role::k_proj;
  return kind == Kind::awq && is_left_alone ? RangeRule{} : *this;
}

Json ConfigValue<RangeRule>::write(const RangeRule& rule) {
  if (rule.kind == RangeRule::Kind::percentile) return {{"percentile", rule.percentile}};
  for (const Word& word : kWords)
    if (word.kind == rule.kind) return word.name;
  NF_CHECK(false, "range kind {}", static_cast<int>(rule.kind));
}

}  // namespace nf
