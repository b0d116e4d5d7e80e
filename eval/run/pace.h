#pragma once

namespace nf {

/// The speed of a run: how many times as long as a short timing of the machine let expect its own
/// waves take. At least once: longer waves than planned would also take more memory. The last ones
/// count most: the machine may be shared, and trials differ in what no plan counts.
class Pace {
 public:
  /// A wave took so long.
  void note(double expected_seconds, double seconds);
  double factor() const { return factor_; }

 private:
  double expected_ = 0.0, taken_ = 0.0;  ///< seconds; those of earlier waves count less and less
  double factor_ = 1.0;
};

}  // namespace nf
