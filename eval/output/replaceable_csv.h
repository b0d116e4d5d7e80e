#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nf {

/// Throws ConfigError if the file that `--csv` names is there and is not one of ours, which may be
/// replaced. A file is ours if its header begins with id, name, model, seed and ends with the
/// columns `end`, each of which may be STEM_NAME; those between follow from variables of sweeps.
/// what: "export", for the message.
void check_replaceable_csv(const std::filesystem::path& file, const std::string& stem,
                           const std::vector<std::string>& end, const std::string& what);
/// The same of a file whose columns never change: it is ours if it has just these.
void check_replaceable_csv(const std::filesystem::path& file,
                           const std::vector<std::string>& columns, const std::string& what);

}  // namespace nf
