#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/output/value_table.h"
#include "eval/predict/law_report.h"

namespace nf {

inline constexpr const char* kLawStem = "law";
/// The columns of `law --csv` behind kTrialColumns and the variables. `row` is what a row speaks
/// of: "fitted" or "predicted", a line held against the law, or "part", what the law knows of a
/// part of the model, with the id of the first line that it is fitted on.
inline constexpr const char* kLawColumns[] = {"law",
                                              "size",
                                              "row",
                                              "kind",
                                              "measured",
                                              "measured_low",
                                              "measured_high",
                                              "predicted",
                                              "predicted_low",
                                              "predicted_high",
                                              "factor",
                                              "factor_low",
                                              "factor_high",
                                              "part",
                                              "weight",
                                              "weight_low",
                                              "weight_high",
                                              "alone",
                                              "alone_low",
                                              "alone_high",
                                              "left_out",
                                              "left_out_low",
                                              "left_out_high",
                                              "p",
                                              "p_holm",
                                              "cap",
                                              "cap_low",
                                              "cap_high",
                                              "r2",
                                              "note"};

/// variables: of all experiments.
ValueTable law_values(const std::vector<LawReport>& reports,
                      const std::vector<std::string>& variables);
/// Throws ConfigError where the file is there and is none of ours.
void write_law_csv(const std::vector<LawReport>& reports, const std::vector<std::string>& variables,
                   const std::filesystem::path& file);

}  // namespace nf
