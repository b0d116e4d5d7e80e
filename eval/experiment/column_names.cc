#include "eval/experiment/column_names.h"

#include <map>
#include <set>
#include <string>

#include "eval/design/levels.h"
#include "eval/design/search_key.h"
#include "eval/metrics/columns.h"

namespace nf {
namespace {

/// A name as it was first written, and where.
struct Known {
  std::string name, place;
};
/// By sql_key().
using KnownNames = std::map<std::string, Known>;

void add_known(const std::string& name, const std::string& place, KnownNames& known) {
  known.emplace(sql_key(name), Known{name, place});
}

/// "role", of `each: role` and of `factorial: {of: role}`.
std::string factor_in(const ConfigNode& design) {
  return design.find("of").value_or(design).text();
}

/// Columns that designs and searches make.
void add_made_columns(const ConfigNode& trial, KnownNames& known) {
  for (const char* kind : kDesignKinds)
    if (const auto design = trial.find(kind))
      add_known(design_column({.kind = kind, .factor = factor_in(*design)}),
                fmt::format("the column of '{}'", kind), known);
  if (trial.find(kSearchVariable)) add_known(kSearchVariable, "the column of 'bisect'", known);
}

std::vector<ConfigEntry> variables_of(const std::vector<ConfigNode>& trials) {
  std::vector<ConfigEntry> variables;
  for (const ConfigNode& trial : trials)
    for (const char* key : {"sweep", "zip"})
      if (const auto lists = trial.find(key))
        for (ConfigEntry& variable : lists->entries()) variables.push_back(std::move(variable));
  return variables;
}

void refuse(const ConfigEntry& variable, const std::string& cause, ConfigErrors& errors) {
  errors.add(variable.key_place, variable.value.path(),
             fmt::format("a variable cannot be called '{}', {}", variable.key, cause));
}

/// Columns that variables, and those of designs and searches, bring into some files, each with the
/// one that brings it.
KnownNames columns_beside_variables(const KnownNames& made,
                                    const std::vector<ConfigEntry>& variables) {
  KnownNames beside;
  std::set<std::string> seen;
  const auto add = [&](const std::string& name, const std::string& place) {
    if (!seen.insert(name).second) return;
    for (const std::string& column : columns_beside(name))
      beside.emplace(sql_key(column), Known{name, place});
  };
  for (const auto& [key, column] : made) add(column.name, column.place);
  for (const ConfigEntry& variable : variables) add(variable.key, variable.key_place.str());
  return beside;
}

}  // namespace

void check_column_cases(const std::vector<ConfigNode>& trials, const MetricRegistry& metrics,
                        ConfigErrors& errors) {
  KnownNames made;
  for (const ConfigNode& trial : trials) add_made_columns(trial, made);
  const std::vector<ConfigEntry> variables = variables_of(trials);
  const KnownNames beside = columns_beside_variables(made, variables);
  KnownNames known;
  for (const std::string& column : fixed_columns(metrics)) add_known(column, "a column", known);
  known.merge(made);
  for (const ConfigEntry& variable : variables) {
    add_known(variable.key, variable.key_place.str(), known);
    const Known& first = known.at(sql_key(variable.key));
    if (first.name != variable.key)
      refuse(variable,
             fmt::format("which differs in case only from '{}' ({}): SQL does not tell them apart",
                         first.name, first.place),
             errors);
    if (const auto other = beside.find(sql_key(variable.key)); other != beside.end())
      refuse(variable,
             fmt::format("a column that some files have because of '{}' ({})", other->second.name,
                         other->second.place),
             errors);
  }
}

}  // namespace nf
