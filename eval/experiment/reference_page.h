#pragma once

#include <string>

#include "eval/experiment/kinds.h"

namespace nf {

/// docs/experiment.md: every key of an experiment with type, unit, default and example, made from
/// the tables that validate.
std::string experiment_page(const Kinds& kinds);

/// docs/experiment.schema.json: JSON Schema (draft 2020-12) of an experiment, for editors.
std::string experiment_schema(const Kinds& kinds);

}  // namespace nf
