#include "eval/report/estimate_point.h"

namespace nf {

std::optional<ChartPoint> estimate_point(double x, const FigureEstimate& estimate,
                                         const std::string& value) {
  if (!(estimate.mean.mean > 0.0)) return std::nullopt;
  ChartPoint point{.x = x, .y = estimate.mean.mean, .value = value};
  if (estimate.interval) {
    point.y_low = estimate.interval->low;
    point.y_high = estimate.interval->high;
  }
  point.hollow = !estimate.interval || estimate.interval->low <= 0.0;
  return point;
}

}  // namespace nf
