#pragma once

#include <filesystem>
#include <string>

#include "core/base/json.h"
#include "eval/experiment/experiment_source.h"

namespace nf {

/// Notes in a manifest an experiment's source beside its text: experiment_dir, set, set_dir.
void note_source(Json& about, const ExperimentSource& source);
/// The source again, with the text and its name. Throws DataError "FILE: KEY: ..." where a key is
/// missing or has another type.
ExperimentSource noted_source(const Json& about, const std::filesystem::path& file,
                              const std::string& text, const std::string& name);

}  // namespace nf
