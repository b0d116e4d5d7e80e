#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/output/value_table.h"
#include "eval/predict/league.h"

namespace nf {

/// The columns of league.csv.
std::vector<std::string> league_columns();
/// One row per model, predictor, target, zone and factor that was left out (one with none where no
/// factor has two levels); what is not known is null.
ValueTable league_values(const League& league);

/// Writes the file, whole or not at all. Throws ConfigError where another kind of file is there,
/// DataError where it cannot be written.
void write_league_csv(const League& league, const std::filesystem::path& file);

}  // namespace nf
