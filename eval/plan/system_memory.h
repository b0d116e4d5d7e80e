#pragma once

#include <filesystem>

namespace nf {

/// Memory of this process that lies in RAM now, in bytes. 0 where the system does not tell.
double resident_bytes();
/// The most that it was since reset_peak_resident() last succeeded, else since the process began.
double peak_resident_bytes();
/// Lets the peak begin anew at what is resident now. False where the system refuses (Linux before
/// 4.0, some containers): the peak goes on then.
bool reset_peak_resident();

/// Memory that this process may still take, in bytes: what the machine has left, and what the
/// control groups that the process runs in leave it (a container, a job of Slurm), whichever is
/// less. Pages of files count as free: they go when the memory is wanted.
/// root: what /proc and /sys are looked for in.
double available_bytes(const std::filesystem::path& root = "/");

}  // namespace nf
