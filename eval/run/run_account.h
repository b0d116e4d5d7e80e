#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "core/base/json.h"
#include "eval/plan/model_estimate.h"

namespace nf {

/// Time and memory that one model took.
struct Expense {
  double seconds = 0.0, peak_bytes = 0.0;
  bool peak_is_own = false;  ///< else the peak may be an earlier model's or the machine's timing's
};

/// Measures an expense from its construction on.
class ExpenseMeter {
 public:
  ExpenseMeter();
  Expense so_far() const;

 private:
  bool peak_is_own_;
  std::chrono::steady_clock::time_point start_;
};

/// Account of a run for plan.json: model by model, the plan beside what happened.
class RunAccount {
 public:
  /// command: the run's.
  explicit RunAccount(std::string command);

  /// finished: else the model's last stages were planned but not run. cost: of what was run, as it
  /// was planned.
  void add(const ModelEstimate& planned, const Expense& taken, const WaveCost& cost, bool finished);
  /// Adds the run to plan.json; nothing where no model ran. Throws DataError.
  void append_to(const std::filesystem::path& plan_file) const;

 private:
  std::string started_, command_;
  Json models_ = Json::array();
};

/// "opt: took 3 s, planned were 4 s; memory 200 MiB, planned at most 300", for the terminal.
std::string expense_text(const ModelEstimate& planned, const Expense& taken);

}  // namespace nf
