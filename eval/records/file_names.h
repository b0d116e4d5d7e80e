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
inline constexpr const char* kResultsCsv = "results.csv";
inline constexpr const char* kStatisticsCsv = "statistics.csv";
inline constexpr const char* kEffectsCsv = "effects.csv";
inline constexpr const char* kSitesCsv = "sites.csv";
inline constexpr const char* kDocumentsCsv = "documents.csv";
inline constexpr const char* kConfidenceCsv = "confidence.csv";
inline constexpr const char* kEntropyCsv = "entropy.csv";
inline constexpr const char* kSearchesCsv = "searches.csv";
inline constexpr const char* kTwinsCsv = "twins.csv";
inline constexpr const char* kPredictorsCsv = "predictors.csv";
inline constexpr const char* kResultFiles[] = {
    kResultsCsv,    kStatisticsCsv, kEffectsCsv,  kSitesCsv, kDocumentsCsv,
    kConfidenceCsv, kEntropyCsv,    kSearchesCsv, kTwinsCsv, kPredictorsCsv};

/// All of them but records.jsonl, which is appended: each appears whole or not at all.
std::vector<std::string> whole_files();

}  // namespace nf
