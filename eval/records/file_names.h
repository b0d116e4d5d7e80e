#pragma once

#include <string>
#include <vector>

namespace nf {

/// Files of a run folder.
inline constexpr const char* kRecords = "records.jsonl";
inline constexpr const char* kManifest = "manifest.json";
inline constexpr const char* kExperiment = "experiment.yaml";
inline constexpr const char* kResolved = "resolved.yaml";
inline constexpr const char* kPlan = "plan.json";
/// The page of `run --report`, and of `report` without --out.
inline constexpr const char* kReport = "report.html";
/// The values that were seen (`profile:`), and the table made of them.
inline constexpr const char* kProfiles = "profiles.cbor";
inline constexpr const char* kProfilesCsv = "profiles.csv";
/// The folder of what was made of calibration sets: a cache.
inline constexpr const char* kCalibrationDir = "calibration";
/// Tables that are made of records and manifest alone.
inline constexpr const char* kResultFiles[] = {
    "results.csv",    "statistics.csv", "effects.csv",  "sites.csv", "documents.csv",
    "confidence.csv", "entropy.csv",    "searches.csv", "twins.csv", "predictors.csv"};

/// All of them but records.jsonl, which is appended: each appears whole or not at all.
std::vector<std::string> whole_files();

}  // namespace nf
