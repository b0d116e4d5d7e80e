#pragma once

#include "eval/records/run_folder.h"
#include "eval/verify/verify_report.h"

namespace nf {

/// Makes the csv files of a folder again, out of its manifest and records, and compares them with
/// those that are there, byte for byte. Files of a run that goes on or was killed, or of records
/// since deleted, are older than the records: where such files differ, only their age is told.
VerifyReport::Files verify_files(const RunContents& contents, const MetricRegistry& metrics);

}  // namespace nf
