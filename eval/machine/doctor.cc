#include "eval/machine/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "core/base/byte_text.h"
#include "core/base/counted.h"
#include "core/base/error.h"
#include "core/config/yaml_reader.h"
#include "core/io/read_json.h"
#include "eval/experiment/arithmetic_mode.h"
#include "eval/experiment/isa_config.h"
#include "eval/machine/folder_checks.h"
#include "eval/machine/measure_work_rates.h"
#include "eval/machine/processor_checks.h"
#include "eval/machine/slurm_checks.h"
#include "eval/records/file_names.h"
#include "eval/records/run_manifest.h"
#include "eval/records/run_place.h"
#include "eval/run/preparation.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// The env of a batch folder's first worker, or of a run folder.
std::optional<EarlierEnv> env_of(const fs::path& folder) {
  std::error_code ignored;
  for (const fs::path& file : {folder / kBatchEnv, folder / kManifest}) {
    if (!fs::is_regular_file(file, ignored)) continue;
    const Json json = read_json(file);
    const auto env = json.find("env");
    if (env != json.end() && env->is_object()) return EarlierEnv{file.string(), *env};
    if (json.is_object() && json.contains("isa")) return EarlierEnv{file.string(), json};
  }
  return std::nullopt;
}

/// The `isa` and the `arithmetic` of the folder's experiment; nothing where it has none.
ExperimentConfig products_config(const fs::path& folder) {
  ExperimentConfig config;
  const fs::path file = folder / kResolved;
  if (std::error_code ignored; !fs::is_regular_file(file, ignored)) return config;
  ConfigErrors errors;
  const ConfigNode root = read_yaml_file(file.string(), errors);
  const auto find = [&root](const char* key) {
    const std::optional<ConfigNode> node = root.find(key);
    return node && !node->is_null() ? node : std::nullopt;
  };
  if (const auto isa = find("isa")) config.isa = ConfigValue<ProductIsa>::read(*isa, errors);
  if (const auto arithmetic = find("arithmetic"))
    config.arithmetic =
        ConfigValue<Arithmetic>::read(*arithmetic, errors).value_or(Arithmetic::f32);
  errors.throw_if_any();
  return config;
}

MachineCheck speed(const WorkRates& rates) {
  return {.what = "speed",
          .found = fmt::format("{:.0f} GFLOP/s of products with {}", 1e-9 * rates.head_flops,
                               counted(rates.threads, "thread")),
          .data = rates.to_json()};
}

const char* verdict_name(Verdict verdict) {
  return verdict == Verdict::ok ? "ok" : verdict == Verdict::note ? "note" : "change";
}

}  // namespace

bool DoctorReport::is_fit() const {
  return std::none_of(checks.begin(), checks.end(),
                      [](const MachineCheck& check) { return check.verdict == Verdict::change; });
}

std::string DoctorReport::text() const {
  constexpr const char* kLine = "{}{:<11}{}\n";
  std::string text;
  for (const MachineCheck& check : checks) {
    std::istringstream lines(check.found);
    std::string line;
    const char* mark = check.verdict == Verdict::change ? "! " : "  ";
    for (std::string what = check.what; std::getline(lines, line); what.clear(), mark = "  ")
      text += fmt::format(kLine, mark, what, line);
    if (!check.advice.empty())
      text += fmt::format(kLine, "  ",
                          check.verdict == Verdict::change ? "  change:" : "  note:", check.advice);
  }
  return text + (is_fit() ? "fit to work\n" : "not fit to work: see what to change above\n");
}

Json DoctorReport::to_json() const {
  Json json = {{"fit", is_fit()}, {"rates", rates.to_json()}, {"env", env}};
  for (const MachineCheck& check : checks) {
    Json one = {{"what", check.what},
                {"verdict", verdict_name(check.verdict)},
                {"found", byte_text(check.found)}};
    if (!check.advice.empty()) one["advice"] = byte_text(check.advice);
    one.update(check.data);
    json["checks"].push_back(std::move(one));
  }
  return json;
}

DoctorReport examine_machine(const fs::path& folder) {
  const ExperimentConfig config = products_config(folder);
  take_isa(config);
  DoctorReport report{.checks = processor_checks(env_of(folder), config.arithmetic),
                      .rates = measure_work_rates()};
  for (const MachineCheck& check : report.checks)
    if (check.data.contains("env")) report.env = check.data.at("env");
  const auto add = [&report](std::vector<MachineCheck> checks) {
    std::move(checks.begin(), checks.end(), std::back_inserter(report.checks));
  };
  add({speed(report.rates)});
  add(folder_checks(folder));
  add(slurm_checks());
  return report;
}

}  // namespace nf
