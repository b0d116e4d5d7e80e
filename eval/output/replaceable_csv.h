#pragma once

#include <filesystem>
#include <string>

namespace nf {

/// A file that `--csv` names may be replaced if its header begins and ends as ours does: whose
/// columns in the middle are variables of sweeps. what: "export". Throws ConfigError for any other
/// file that is there.
void check_own_csv(const std::filesystem::path& file, const std::string& begin,
                   const std::string& end, const std::string& what);

}  // namespace nf
