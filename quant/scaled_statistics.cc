#include "quant/scaled_statistics.h"

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "quant/scaled_columns.h"

namespace nf {
namespace {

SymmetricMatrix scaled_moment(const SymmetricMatrix& moment, ConstVectorView scale) {
  SymmetricMatrix scaled(moment.size());
  parallel_for(moment.size(), [&](Index r) {
    const auto row_scale = static_cast<double>(scale[static_cast<std::size_t>(r)]);
    const double* from = moment.row(r);
    double* to = scaled.row(r);
    for (Index c = 0; c <= r; ++c)
      to[c] = from[c] / (row_scale * static_cast<double>(scale[static_cast<std::size_t>(c)]));
  });
  return scaled;
}

}  // namespace

InputStatistics scaled_statistics(const InputStatistics& statistics, ConstVectorView scale,
                                  const InputNeeds& needs) {
  NF_CHECK(statistics.in == static_cast<Index>(scale.size()), "{} features, {} scales",
           statistics.in, scale.size());
  NF_CHECK(statistics.has(needs), "not all statistics are there");
  InputStatistics scaled;
  scaled.in = statistics.in;
  scaled.size = statistics.size;
  if (needs.ranges) {
    scaled.max_abs = statistics.max_abs;
    scaled.lowest = statistics.lowest;
    scaled.highest = statistics.highest;
    scaled.sum = statistics.sum;
    scaled.sum_abs = statistics.sum_abs;
    scaled.sum_squares = statistics.sum_squares;
    for (std::size_t j = 0; j < scale.size(); ++j) {
      const auto s = static_cast<double>(scale[j]);
      for (std::vector<float>* extrema : {&scaled.max_abs, &scaled.lowest, &scaled.highest})
        (*extrema)[j] /= scale[j];
      scaled.sum[j] /= s;
      scaled.sum_abs[j] /= s;
      scaled.sum_squares[j] /= s * s;
    }
  }
  if (needs.second_moment) scaled.second_moment = scaled_moment(statistics.second_moment, scale);
  if (needs.sample) {
    scaled.sample.resize(statistics.sample.rows(), statistics.in);
    divide_columns(statistics.sample, scale, scaled.sample);
  }
  if (needs.weight_ranges) {
    scaled.max_abs_weight = statistics.max_abs_weight;
    for (std::size_t j = 0; j < scale.size(); ++j) scaled.max_abs_weight[j] *= scale[j];
  }
  return scaled;
}

}  // namespace nf
