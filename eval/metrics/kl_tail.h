#pragma once

#include <optional>
#include <string>

#include "eval/metrics/kl_histogram.h"

namespace nf {

/// How KL is spread over scored tokens, of which the quantiles and the greatest value are told.
struct KlTail {
  KlHistogram histogram{};
  double max = 0.0;  ///< nats, exact

  /// kl: of the next token.
  void add(double kl);
  void add(const KlTail& more);
  bool operator==(const KlTail&) const = default;
};

/// The same as it is kept of each window of each trial, a tenth of the size.
struct PackedKlTail {
  std::string bins{};  ///< KlHistogram::packed()
  double max = 0.0;

  static PackedKlTail of(const KlTail& tail);
  /// The tail; none where the bins are no histogram.
  std::optional<KlTail> unpacked() const;
  bool operator==(const PackedKlTail&) const = default;
};

}  // namespace nf
