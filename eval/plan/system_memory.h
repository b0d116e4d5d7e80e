#pragma once

#include <filesystem>

namespace nf {

/// Memory of this process that lies in RAM now, in bytes. 0 where the system does not tell.
double resident_bytes();
/// The most that it has been since reset_peak_resident() last succeeded, else since the beginning.
double peak_resident_bytes();
/// Lets the peak begin anew at what is resident now. False where the system refuses (Linux before
/// 4.0, some containers): the peak goes on then.
bool reset_peak_resident();

/// Memory that this process may still take, in bytes: the lesser of what the machine has left and
/// what its control groups leave it (a container, a job of Slurm). Pages of files count as free:
/// they go when the memory is wanted. root: the folder with /proc and /sys in it.
double available_bytes(const std::filesystem::path& root = "/");

}  // namespace nf
