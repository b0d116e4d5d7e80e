#pragma once

#include <string>

namespace nf {

/// A number for reading, with `digits` significant digits: 0.0180, 1.23e-06, 105000. Fixed-point
/// from 1e-4 up to 1e7, scientific outside, so that a small number never shows as zero.
std::string short_number(double value, int digits);

/// Exactly `decimals` decimals up to 1e7, then as short_number.
std::string fixed_number(double value, int decimals);

/// A figure in nats for a table: three significant digits, but two below 0.01, where it is known
/// less well. A figure that rounds up to 0.01 has three again, 0.0100, as its neighbours above.
std::string figure_number(double value);

/// The same with its sign, "+0.0185"; zero has none.
std::string signed_figure(double value);

/// A standard deviation to stand beside `mean`, as one of the above wrote it: two significant
/// digits, but no decimal that the mean does not have, unless nothing would be left.
std::string spread_number(double deviation, const std::string& mean);

/// Digits behind the decimal point of a number as one of the above wrote it.
int decimals_of(const std::string& number);

}  // namespace nf
