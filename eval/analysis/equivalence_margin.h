#pragma once

#include <string>

namespace nf {

/// How far apart two trials may be and still count as the same.
struct EquivalenceMargin {
  double size = 0.0;      ///< a share, or in the units of the figure
  bool is_share = false;  ///< of the smaller of the two
  std::string text{};     ///< "5 %", "0.01"
};

/// "5%": a share; "0.01": as many nats per token, or of an accuracy or agreement so much of 1.
/// Throws ConfigError where it is neither.
EquivalenceMargin parse_equivalence_margin(const std::string& text);

}  // namespace nf
