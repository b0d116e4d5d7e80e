#include "quant/range_rule.h"

namespace nf {
namespace {

/// In the order of their names, as the table wants them.
constexpr std::pair<RangeRule::Kind, const char*> kWords[] = {{RangeRule::Kind::awq, "awq"},
                                                              {RangeRule::Kind::minmax, "minmax"},
                                                              {RangeRule::Kind::mse, "mse"}};
constexpr const char* kSummaries[] = {
    "clamped where the error of the partial product on calibration inputs is smallest (weights)",
    "from the smallest to the largest value", "shrunk to where the sum of |error|^2.4 is smallest"};

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
    for (std::size_t i = 0; i < std::size(kWords); ++i)
      rules.add({.name = kWords[i].second,
                 .summary = kSummaries[i],
                 .plain = RangeRule{.kind = kWords[i].first}});
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
  for (const auto& [kind, word] : kWords)
    if (kind == rule.kind) return word;
  NF_CHECK(false, "range kind {}", static_cast<int>(rule.kind));
}

}  // namespace nf
