#include "eval/machine/processor_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "core/base/cpu_info.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/printable.h"
#include "core/ops/fixed_products.h"
#include "core/simd/dispatch.h"
#include "eval/plan/system_memory.h"
#include "eval/records/model_identity.h"
#include "eval/run/arithmetic_warnings.h"
#include "eval/run/preparation.h"

namespace nf {
namespace {

constexpr double kLittleMemory = 0x1p30;  // bytes

/// The number in an environment variable; nullopt where there is none.
std::optional<Index> number_in_environment(const char* name) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  Index number = 0;
  const char* const end = text + std::string_view(text).size();
  const auto read = std::from_chars(text, end, number);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return number;
}

MachineCheck processor() {
  const Index cores = machine_cores(), usable = usable_threads();
  MachineCheck check{.what = "processor",
                     .found = fmt::format("{}, {} of {} cores for this process",
                                          printable(cpu_model()), usable, cores),
                     .data = {{"cpu", cpu_model()}, {"cores", cores}, {"threads", usable}}};
  const std::optional<Index> given = number_in_environment("SLURM_CPUS_PER_TASK");
  if (given && *given > usable) {
    check.verdict = Verdict::note;
    check.advice = fmt::format(
        "Slurm gave this task {} cpus (SLURM_CPUS_PER_TASK), the process may use {}: start it "
        "without srun, or by `srun --cpus-per-task={}`, and leave OMP_NUM_THREADS alone",
        *given, usable, *given);
  } else if (given && *given < usable) {
    check.verdict = Verdict::note;
    check.advice = fmt::format(
        "Slurm gave this task {} cpus (SLURM_CPUS_PER_TASK) and does not hold it to them: give "
        "`run` --threads {}",
        *given, *given);
  }
  return check;
}

MachineCheck memory() {
  const double bytes = available_bytes();
  MachineCheck check{.what = "memory",
                     .found = gibibytes(bytes) + " may be taken",
                     .data = {{"available_bytes", bytes}}};
  if (bytes < kLittleMemory) {
    check.verdict = Verdict::note;
    check.advice =
        "little: `plan` says what a run needs at least; ask for more (sbatch --mem), or "
        "end what else runs here";
  }
  return check;
}

/// What lowers the instruction sets here, in the environment.
std::string lowered_by() {
  std::string text;
  for (const char* name : {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "NOISEFLOOR_MAX_ISA"})
    if (const char* const value = std::getenv(name))
      text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, printable(value));
  return text;
}

/// What follows from how this machine's products compare with those of records.
void compare(const EarlierEnv& earlier, const Json& env, MachineCheck& check) {
  const auto other = env_difference(earlier.env, env);
  check.data["agrees"] = !other.has_value();
  if (!other) {
    check.found += fmt::format("; they agree with those of {}", printable(earlier.place));
    return;
  }
  check.verdict = Verdict::change;
  const auto isa = earlier.env.find("isa");
  check.advice = fmt::format(
      "{} is of a machine whose products have other bits ('{}' {}, isa {}; here {}, isa {}): "
      "records of both are not joined without --mixed-env; `isa: avx2` in the experiment makes "
      "most machines agree",
      printable(earlier.place), other->what, other->was,
      isa == earlier.env.end() ? "unknown" : printable(isa->dump()), other->is,
      env.at("isa").dump());
}

/// The advice where this machine has not got the arithmetic; empty where it has.
std::string missing_arithmetic(Arithmetic arithmetic) {
  try {
    check_arithmetic(arithmetic, "arithmetic: bf16");
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

MachineCheck products(const std::optional<EarlierEnv>& earlier, Arithmetic wanted) {
  const std::string missing = missing_arithmetic(wanted);
  const Arithmetic arithmetic = missing.empty() ? wanted : Arithmetic::f32;
  const Json env = numerics_env(arithmetic);
  const auto text = [&env](const char* key) { return env.at(key).get<std::string>(); };
  MachineCheck check{.what = "products",
                     .found = fmt::format("{}, {} ({}), kernels {}; eight fixed ones give {}",
                                          text("isa"), text("gemm"), text("implementation"),
                                          isa_name(cpu_isa()), text("products")),
                     .data = {{"env", env}, {"kernels", isa_name(cpu_isa())}}};
  for (const FixedProduct& product : fixed_products())
    check.data["eight"][product.name] = product.hash;
  if (arithmetic != Arithmetic::f32) {
    check.found += fmt::format(", in bf16 {}", products_hash(arithmetic));
    for (const FixedProduct& product : fixed_products(arithmetic))
      check.data["bf16"][product.name] = product.hash;
  }
  const std::string lowered = lowered_by();
  if (!lowered.empty()) {
    check.verdict = Verdict::note;
    check.advice = fmt::format(
        "lowered by {} in the environment; unset it where that is no wish "
        "of yours",
        lowered);
  }
  if (text("implementation").find("ref") != std::string::npos) {
    check.verdict = Verdict::change;
    check.advice = "oneDNN has no fast products for this CPU: it needs SSE 4.1 at least";
  }
  if (!missing.empty()) {
    check.verdict = Verdict::change;
    check.advice = missing;
  } else if (earlier) {
    compare(*earlier, env, check);
  }
  return check;
}

}  // namespace

std::vector<MachineCheck> processor_checks(const std::optional<EarlierEnv>& earlier,
                                           Arithmetic arithmetic) {
  return {processor(), memory(), products(earlier, arithmetic)};
}

}  // namespace nf
