#pragma once

#include <filesystem>
#include <vector>

namespace nf {

/// Gives a run folder what earlier ones have made of calibration sets: the same files under further
/// names, copies where the file system has no links. Files of the calibration's cache are replaced
/// whole and never changed, so the folders share them safely. What cannot be taken over is made
/// again, and is no error.
void take_calibrations_over(const std::vector<std::filesystem::path>& earlier,
                            const std::filesystem::path& folder);

}  // namespace nf
