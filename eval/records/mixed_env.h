#pragma once

#include <string>
#include <vector>

#include "eval/records/record.h"
#include "eval/records/run_manifest.h"

namespace nf {

/// The key of the manifest with the envs of records that differ from its `env`, each once.
inline constexpr const char* kOtherEnvs = "other_envs";

/// Puts kOtherEnvs into what a manifest is about, or takes it away where all records agree with
/// env.
void note_other_envs(const std::vector<Record>& records, const Json& env, Json& about);

/// "mixed: records of machines whose matrix products differ in their last bits (isa avx512_core and
/// avx2)": what everything that shows results of such a folder says. Empty where all records are of
/// machines that agree.
std::string mixed_env_text(const RunManifest& manifest);

}  // namespace nf
