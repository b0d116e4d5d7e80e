#pragma once

namespace nf {

/// The variable of a trial with `execute`, which tells its arms apart.
inline constexpr const char* kExecuteVariable = "execute";
/// Its value of the arm that the others are measured from.
inline constexpr const char* kSimulatedArm = "simulated";

}  // namespace nf
