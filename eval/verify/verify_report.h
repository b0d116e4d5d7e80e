#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eval/records/record_difference.h"

namespace nf {

/// The outcome of running records of a folder again.
struct VerifyReport {
  /// Records that are not run again, and why.
  struct Skipped {
    Index no_trial = 0;   ///< of trials that the experiment has no more
    Index other_env = 0;  ///< made in another env
    Index no_items = 0;   ///< failed, and do not say on which items
    Index all() const { return no_trial + other_env + no_items; }
  };

  /// The csv files beside the records.
  struct Files {
    Index count = 0;                   ///< that there should be
    Index different = 0;               ///< or missing, or too many
    std::vector<std::string> lines{};  ///< the first difference of each
    /// The reason why they cannot be compared: they are older than the records. Empty where they
    /// can.
    std::string older{};
  };

  Index records = 0;  ///< in the folder
  Index chosen = 0;   ///< to be run again: those not skipped, or a sample of them
  Skipped skipped{};
  Index rerun = 0;
  Index different_records = 0, different_figures = 0;
  std::vector<std::string> lines{};  ///< the first kShown differences
  /// The largest |a - b| / max(|a|, |b|) by figure of windows and questions ("nll",
  /// "loglikelihood").
  std::map<std::string, double> largest{};
  bool interrupted = false;
  std::optional<Files> files{};               ///< none: they were not looked at
  std::optional<std::string> damaged_plan{};  ///< the damage of plan.json; none: it can be read

  static constexpr Index kShown = 20;

  /// Whether nothing that follows from the experiment differs. The account of what calls cost does
  /// not follow from it, so its damage is told and no difference.
  bool equal() const { return different_figures == 0 && (!files || files->different == 0); }
  /// Takes in a record that was run again. `what`: "runs/e/records.jsonl:3: llama: noise r=0.1"; in
  /// the differences `first` is the stored one's.
  void add(const std::string& what, const std::vector<RecordDifference>& differences);
  /// The report for the terminal: differences, records that were skipped, and last the sum of it
  /// all.
  std::string text() const;

 private:
  std::string files_text() const;
};

}  // namespace nf
