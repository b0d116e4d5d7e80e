#include "eval/experiment/column_names.h"

#include <map>
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

}  // namespace

void check_column_cases(const std::vector<ConfigNode>& trials, const MetricRegistry& metrics,
                        ConfigErrors& errors) {
  KnownNames known, renamed;
  for (const std::string& column : fixed_columns(metrics)) add_known(column, "a column", known);
  const KnownNames fixed = known;
  for (const ConfigNode& trial : trials) add_made_columns(trial, known);
  const std::vector<ConfigEntry> variables = variables_of(trials);
  for (const ConfigEntry& variable : variables)
    if (fixed.contains(sql_key(variable.key)))
      add_known("var_" + variable.key, variable.key_place.str(), renamed);
  for (const ConfigEntry& variable : variables) {
    add_known(variable.key, variable.key_place.str(), known);
    const Known& first = known.at(sql_key(variable.key));
    if (first.name != variable.key)
      refuse(variable,
             fmt::format("which differs in case only from '{}' ({}): SQL does not tell them apart",
                         first.name, first.place),
             errors);
    if (const auto other = renamed.find(sql_key(variable.key)); other != renamed.end())
      refuse(variable,
             fmt::format("the name that the variable at {} has in files with such a column",
                         other->second.place),
             errors);
  }
}

}  // namespace nf
