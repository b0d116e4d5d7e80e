#include "eval/run/arithmetic_warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "eval/experiment/arithmetic_mode.h"
#include "eval/experiment/integer_use.h"
#include "eval/output/number_text.h"
#include "eval/output/short_list.h"
#include "eval/records/env_arithmetic.h"

namespace nf {
namespace {

/// KL per token of a row that it can be told of; none of the baseline and of failed rows.
std::optional<double> kl_of(const ResultRow& row) {
  if (row.key.name == "baseline" || row.failed() || row.text.sums.tokens == 0) return std::nullopt;
  return row.text.sums.kl / static_cast<double>(row.text.sums.tokens);
}

}  // namespace

void check_arithmetic(Arithmetic arithmetic, const std::string& place) {
  if (arithmetic == Arithmetic::int8 && !int8_is_native())
    throw ConfigError(fmt::format(
        "{}: this CPU has no integer products of its own (VNNI; {} uses {} here), and without them "
        "sums of bytes come out wrong: choose another arithmetic, or a machine that has them",
        place, gemm_library(), gemm_isa()));
  if (arithmetic != Arithmetic::bf16 || bf16_is_native()) return;
  throw ConfigError(fmt::format(
      "{}: this CPU has no bf16 products of its own (AVX512_BF16 or AMX; {} uses {} here), and "
      "emulating them is slower than f32: choose f32, or a machine that has them",
      place, gemm_library(), gemm_isa()));
}

void check_arithmetic(const Experiment& experiment) {
  check_arithmetic(experiment.config.arithmetic, experiment.source.name + ": arithmetic: bf16");
  if (int8_is_native()) return;
  for (const ExperimentModel& model : experiment.models)
    for (const Trial& trial : model.trials) {
      if (trial.execute != Execution::integer) continue;
      const std::string site = saturating_linear(trial, model.decoder.spec());
      if (!site.empty())
        throw ConfigError(fmt::format(
            "{}: trial {}: execute: integer at {}: this CPU has no VNNI ({} uses {} here), and "
            "sums "
            "of two products of 8 by 8 bits would not fit its 16 bits: write bits: 7 on the inputs "
            "or on the weights, or choose a machine that has it",
            experiment.source.name, printable(trial.name), site, gemm_library(), gemm_isa()));
    }
}

std::vector<std::string> floor_warnings(const Json& env, const std::vector<ResultRow>& rows) {
  const std::string arithmetic = env_arithmetic(env);
  if (arithmetic.empty()) return {};
  std::map<std::string, std::vector<std::string>> names;  // by model
  std::map<std::string, double> floors;
  for (const ResultRow& row : rows) {
    const std::optional<double> kl = kl_of(row);
    if (!kl || !row.kl_floor || *kl >= kFloorsToTell * *row.kl_floor) continue;
    floors[row.key.model] = *row.kl_floor;
    std::vector<std::string>& known = names[row.key.model];
    if (std::find(known.begin(), known.end(), row.key.name) == known.end())
      known.push_back(row.key.name);
  }
  std::vector<std::string> warnings;
  for (const auto& [model, trials] : names)
    warnings.push_back(fmt::format(
        "{}: the KL of {} is below {:.0f} × kl_floor ({}), what {} itself makes: run {} with "
        "arithmetic: f32",
        printable(model), short_list(trials, ", ", "trials"), kFloorsToTell,
        figure_number(floors.at(model)), arithmetic, trials.size() == 1 ? "it" : "them"));
  return warnings;
}

}  // namespace nf
