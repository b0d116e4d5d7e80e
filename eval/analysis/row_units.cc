#include "eval/analysis/row_units.h"

#include <numeric>
#include <string>
#include <unordered_map>

#include "eval/analysis/effect_group.h"
#include "eval/analysis/twin_ratios.h"
#include "eval/results/simulated_arms.h"

namespace nf {
namespace {

/// Equal for keys of one model, name and point; `what` keeps different things apart.
std::string point_text(const char* what, const RowKey& key) {
  return Json({what, key.model, key.name, key.vars})
      .dump(-1, ' ', false, Json::error_handler_t::ignore);
}

/// What a row shares with the other rows of its unit.
std::vector<std::string> bonds_of(const RowKey& key) {
  std::vector<std::string> bonds = {"id " + key.id};
  if (key.name == "baseline" || is_floor(key)) return bonds;
  bonds.push_back(point_text("line", key));
  if (has_effects(key)) bonds.push_back(point_text("effects", effect_group_key(key)));
  if (const auto arms = arms_of(key)) bonds.push_back("arms " + *arms);
  if (const auto twins = twin_group_key(key)) bonds.push_back(point_text("twins", *twins));
  return bonds;
}

/// Sets that are joined; the first member stands for each.
class JoinedSets {
 public:
  explicit JoinedSets(std::size_t count) : parents_(count) {
    std::iota(parents_.begin(), parents_.end(), std::size_t{0});
  }

  std::size_t find(std::size_t member) {
    while (parents_[member] != member) {
      parents_[member] = parents_[parents_[member]];
      member = parents_[member];
    }
    return member;
  }
  void join(std::size_t a, std::size_t b) {
    a = find(a);
    b = find(b);
    parents_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parents_;
};

}  // namespace

std::vector<RowUnit> row_units(const std::vector<RowKey>& keys) {
  JoinedSets sets(keys.size());
  std::unordered_map<std::string, std::size_t> first_with;  // by bond
  for (std::size_t i = 0; i < keys.size(); ++i)
    for (std::string& bond : bonds_of(keys[i]))
      sets.join(i, first_with.try_emplace(std::move(bond), i).first->second);
  std::vector<RowUnit> units;
  std::vector<std::size_t> unit_of(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::size_t first = sets.find(i);
    if (first == i) {
      unit_of[i] = units.size();
      units.emplace_back();
    }
    RowUnit& unit = units[unit_of[first]];
    unit.rows.push_back(i);
    unit.is_common = unit.is_common || keys[i].name == "baseline" || is_floor(keys[i]);
  }
  return units;
}

}  // namespace nf
