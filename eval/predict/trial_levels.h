#pragma once

#include <array>
#include <string>

#include "eval/records/row_key.h"

namespace nf {

/// The factors whose levels are left out by turns, to see what a predictor says of a kind of trial
/// that it has never seen.
inline constexpr std::array<const char*, 5> kLeftOutFactors = {"layer", "role", "noise_family",
                                                               "method", "model"};

/// The level of a trial, empty where it has none:
/// - layer, role: of the one that `each` (or a variable of that name) has it distort;
/// - noise_family: the name of its noise, where all its entries are of one: "gaussian";
/// - method: the method of its quantizers, where all its entries are of one, with the search of
///   their channel scale: "rtn", "gptq", "rtn awq";
/// - model: its model.
/// A twin has the levels of the trial that it is a twin of: it is made of the same error.
std::string trial_level(const RowKey& key, const std::string& factor);

}  // namespace nf
