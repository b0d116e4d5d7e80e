#include "eval/run/run_account.h"

#include <fmt/format.h>

#include <utility>

#include "core/base/cpu_info.h"
#include "core/base/parallel.h"
#include "eval/output/progress.h"
#include "eval/plan/memory.h"
#include "eval/plan/system_memory.h"
#include "eval/records/plan_file.h"

namespace nf {

ExpenseMeter::ExpenseMeter()
    : peak_is_own_(reset_peak_resident()), start_(std::chrono::steady_clock::now()) {}

Expense ExpenseMeter::so_far() const {
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
  return {
      .seconds = seconds.count(), .peak_bytes = peak_resident_bytes(), .peak_is_own = peak_is_own_};
}

RunAccount::RunAccount(std::string command) : started_(utc_time()), command_(std::move(command)) {}

void RunAccount::add(const ModelEstimate& planned, const Expense& taken, const WaveCost& cost,
                     bool finished) {
  models_.push_back({{"planned", planned.to_json()},
                     {"actual",
                      {{"finished", finished},
                       {"seconds", taken.seconds},
                       {"flops", count_json(cost.flops())},
                       {"block_passes", cost.block_passes},
                       {"head_passes", cost.head_passes},
                       {"waves", cost.waves},
                       {"peak_bytes", count_json(taken.peak_bytes)},
                       {"peak_of", taken.peak_is_own ? "model" : "process"}}}});
}

void RunAccount::append_to(const std::filesystem::path& plan_file) const {
  if (models_.empty()) return;
  append_to_plan_file(plan_file, {{"started", started_},
                                  {"command", command_},
                                  {"threads", thread_count()},
                                  {"models", models_}});
}

std::string expense_text(const ModelEstimate& planned, const Expense& taken) {
  return fmt::format("{}: took {}, planned were {}{}; memory {:.0f} MiB{}, planned at most {:.0f}",
                     planned.model, duration_text(taken.seconds),
                     planned.is_upper_bound() ? "at most " : "", duration_text(planned.seconds),
                     taken.peak_bytes / kMiB, taken.peak_is_own ? "" : " (of all so far)",
                     planned.peak_bytes / kMiB);
}

}  // namespace nf
