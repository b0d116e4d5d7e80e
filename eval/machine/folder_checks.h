#pragma once

#include <filesystem>
#include <vector>

#include "eval/machine/machine_check.h"

namespace nf {

/// Looks whether workers can share a folder: "folder" (file system, free space, whether it can be
/// written to), "claims" (exclusive creation, links, renaming, locks, and how long a record takes
/// to be safe) and "clock" (the file system's against this machine's). Makes a folder in it for the
/// time being. Of a folder that is not there yet the nearest one above it is looked at. Never
/// throws for what a file system cannot do.
std::vector<MachineCheck> folder_checks(const std::filesystem::path& folder);

}  // namespace nf
