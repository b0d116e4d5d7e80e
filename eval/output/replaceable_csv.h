#pragma once

#include <filesystem>
#include <string>

namespace nf {

/// Throws ConfigError if the file that `--csv` names is there and is not one of ours, which may be
/// replaced. A file is ours if its header begins with `begin` and ends with `end`; the columns
/// between are variables of sweeps. what: "export", for the message.
void check_replaceable_csv(const std::filesystem::path& file, const std::string& begin,
                           const std::string& end, const std::string& what);

}  // namespace nf
