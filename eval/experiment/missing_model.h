#pragma once

#include <filesystem>
#include <string>

namespace nf {

/// The cause where a model's path leads to no directory, with a way out: a name of the Hugging Face
/// Hub is nothing that is downloaded by itself, a file is no checkpoint, '~' is the shell's.
/// written: as it was given. resolved: where it was looked for.
std::string why_no_model(const std::string& written, const std::filesystem::path& resolved);

}  // namespace nf
