#pragma once

#include <functional>
#include <optional>

#include "eval/experiment/experiment.h"
#include "eval/output/progress.h"
#include "eval/records/run_folder.h"
#include "eval/verify/verify_report.h"

namespace nf {

/// The way in which records are run again; none of it changes a figure.
struct VerifyOptions {
  std::optional<Index> sample{};  ///< so many records instead of all
  bool any_env = false;           ///< also records made in another env
  std::optional<Index> memory{};  ///< bytes, instead of the experiment's `memory`
  std::function<bool()> should_stop = [] { return false; };
};

/// Runs records of a folder again, on the items that each holds and in whatever company, and
/// compares the outcome with the stored records, bit for bit: the sums of windows, questions and
/// sites, and errors of failed trials. Figures that a line derives from its sums are derived again.
/// The states of stopping rules are not compared. The csv files, which follow from all records and
/// the manifest, are made again and compared too (verify_files()). The folder's experiment is read
/// again, and its checkpoints and data; the folder is only read. Throws ConfigError where
/// checkpoints, data, numerics or env are not the folder's, or no record can be run again,
/// DataError for files that cannot be read.
VerifyReport verify_run(const RunContents& contents, const KindsPtr& kinds,
                        const VerifyOptions& options, Progress& progress);

}  // namespace nf
