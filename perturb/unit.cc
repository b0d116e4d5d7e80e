#include "perturb/unit.h"

#include <algorithm>

#include "core/config/field_table.h"
#include "core/config/scalar.h"

namespace nf {
namespace {

enum class GroupAxis { out, in };

}  // namespace

template <>
struct EnumNames<GroupAxis> {
  static constexpr EnumName<GroupAxis> table[] = {
      {GroupAxis::out, "out", "consecutive values of a row (the default)"},
      {GroupAxis::in, "in", "consecutive outputs within one input column of a weight"},
  };
};

namespace {

struct GroupForm {
  Index group = 0;
  GroupAxis axis = GroupAxis::out;

  static FieldTable<GroupForm> fields() {
    FieldTable<GroupForm> table;
    table.required("group", &GroupForm::group,
                   {.summary = "values in a group", .range = at_least(1), .example = 64});
    table.optional("axis", &GroupForm::axis, {.summary = "the direction in which a group extends"});
    table.other_key("group_size", "group: 64").other_key("size", "group: 64");
    return table;
  }
};

constexpr std::pair<const char*, Unit::Kind> kWords[] = {
    {"tensor", Unit::Kind::tensor}, {"channel", Unit::Kind::channel}, {"token", Unit::Kind::token}};

/// The unit of a word of the shorthand: g64, per-ic64.
std::optional<Unit> short_unit(std::string_view text) {
  constexpr std::string_view kGroupsIn = "per-ic";
  const bool is_in = text.starts_with(kGroupsIn);
  if (!is_in && !text.starts_with('g')) return std::nullopt;
  text.remove_prefix(is_in ? kGroupsIn.size() : 1);
  const std::optional<Index> size = parse_integer(text);
  if (!size || *size < 1) return std::nullopt;
  return is_in ? Unit::groups_in(*size) : Unit::groups(*size);
}

/// "{group: 64}" for 64, group64, group-64 and group.
std::optional<std::string> meant_group(std::string_view text) {
  for (const std::string_view word : {"group", "g"})
    if (text.starts_with(word)) {
      text.remove_prefix(word.size());
      if (text.empty()) return "{group: 64}";
      break;
    }
  while (text.starts_with('-') || text.starts_with('_') || text.starts_with(' '))
    text.remove_prefix(1);
  const std::optional<Index> size = parse_integer(text);
  if (!size || *size < 1) return std::nullopt;
  return fmt::format("{{group: {}}}", *size);
}

Index divide_up(Index n, Index d) { return (n + d - 1) / d; }

}  // namespace

std::optional<std::string> unit_problem(const Unit& unit, SiteTensor tensor, UnitUse use) {
  const bool weight = tensor == SiteTensor::weight;
  if (unit.kind == Unit::Kind::token && weight)
    return "a weight has no tokens; take channel (a unit for each output row), tensor, {group: g} "
           "or "
           "{group: g, axis: in}";
  if (unit.kind == Unit::Kind::group_in && !weight)
    return "{group: g, axis: in} is for weights; on activations take token (a unit for each "
           "position), {group: g} or tensor";
  if (unit.kind == Unit::Kind::channel && !weight && use == UnitUse::quantizer)
    return "channel is for weights: on activations it would be a scale for each feature over all "
           "positions, the later ones too; take token (a scale for each position), {group: g} or "
           "tensor";
  return std::nullopt;
}

Unit default_noise_scope(SiteTensor tensor) {
  return tensor == SiteTensor::weight ? Unit::tensor() : Unit::token();
}

Index rows_of_unit(const Unit& unit, Index rows) {
  if (unit.kind != Unit::Kind::group_in) return 1;
  NF_CHECK(unit.group >= 1, "group of {}", unit.group);
  return std::max<Index>(1, std::min(unit.group, rows));
}

std::optional<Unit> ConfigValue<Unit>::read(const ConfigNode& node, ConfigErrors& errors) {
  if (node.is_mapping()) {
    const Index before = errors.count();
    const GroupForm form = fields_of<GroupForm>().read(node, errors);
    if (errors.count() != before) return std::nullopt;
    return form.axis == GroupAxis::in ? Unit::groups_in(form.group) : Unit::groups(form.group);
  }
  if (!node.is_scalar()) {
    add_unreadable(node, type(), "", errors);
    return std::nullopt;
  }
  std::vector<Choice> words;
  for (const auto& [word, kind] : kWords) {
    if (node.text() == word) return Unit{kind, 0};
    words.push_back({word, {}});
  }
  if (const std::optional<Unit> unit = short_unit(node.text())) return unit;
  if (const std::optional<std::string> group = meant_group(node.text())) {
    errors.add(node, fmt::format("unknown value {}; write {}", describe(node), *group));
    return std::nullopt;
  }
  words.push_back({"{group: 64}", {}});
  errors.add(node, fmt::format("unknown value {}{}", describe(node),
                               choice_suggestion(node.text(), words)));
  return std::nullopt;
}

Json ConfigValue<Unit>::write(const Unit& unit) {
  if (unit.kind == Unit::Kind::group) return {{"group", unit.group}};
  if (unit.kind == Unit::Kind::group_in) return {{"group", unit.group}, {"axis", "in"}};
  for (const auto& [word, kind] : kWords)
    if (unit.kind == kind) return word;
  NF_CHECK(false, "unit kind {}", static_cast<int>(unit.kind));
}

std::string ConfigValue<Unit>::type() {
  return "tensor | channel | token | g64 | per-ic64 | {group: integer, axis: in | out}";
}

Json ConfigValue<Unit>::schema() {
  Json words = Json::array();
  for (const auto& [word, kind] : kWords) words.push_back(word);
  const Json short_forms = {{"type", "string"}, {"pattern", "^(g|per-ic)[1-9][0-9]*$"}};
  return {{"anyOf", Json::array({{{"enum", words}}, short_forms, GroupForm::fields().schema()})}};
}

UnitBlocks::UnitBlocks(const Unit& unit, SiteTensor tensor, Index rows, Index cols)
    : rows_(rows), cols_(cols), block_rows_(1), block_cols_(cols) {
  const std::optional<std::string> problem = unit_problem(unit, tensor, UnitUse::noise);
  NF_CHECK(!problem, "{}", *problem);
  switch (unit.kind) {
    case Unit::Kind::tensor:
      block_rows_ = rows;
      break;
    case Unit::Kind::channel:
      if (tensor == SiteTensor::input) {
        block_rows_ = rows;
        block_cols_ = 1;
      }
      break;
    case Unit::Kind::token:
      break;
    case Unit::Kind::group:
      NF_CHECK(unit.group >= 1, "group of {}", unit.group);
      block_cols_ = std::min(unit.group, cols);
      break;
    case Unit::Kind::group_in:
      NF_CHECK(unit.group >= 1, "group of {}", unit.group);
      block_rows_ = std::min(unit.group, rows);
      block_cols_ = 1;
      break;
  }
  const bool empty = rows == 0 || cols == 0;
  down_ = empty ? 0 : divide_up(rows, block_rows_);
  across_ = empty ? 0 : divide_up(cols, block_cols_);
}

Rectangle UnitBlocks::operator[](Index i) const {
  const Index row = i / across_ * block_rows_;
  const Index col = i % across_ * block_cols_;
  return {row, col, std::min(block_rows_, rows_ - row), std::min(block_cols_, cols_ - col)};
}

}  // namespace nf
