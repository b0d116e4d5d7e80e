#pragma once

namespace nf {

/// The program's release, e.g. "0.1.0".
const char* version();
/// Commit the program was built from, "-dirty" appended when the tree had changes; "unknown"
/// outside git.
const char* git_hash();
/// Version of everything that can change a bit of a result: tile sizes, reduction orders, draws.
/// Part of every trial's id; raised, with a line in CHANGELOG.md, whenever a number can come out
/// different.
inline constexpr int kNumericsVersion = 4;

}  // namespace nf
