#include "quant/kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/check.h"
#include "perturb/unit_slices.h"
#include "quant/codebook.h"
#include "quant/kmeans_levels.h"

namespace nf {
namespace {

class KMeans final : public Distortion {
 public:
  explicit KMeans(const QuantizerConfig& entry)
      : entry_(entry), unit_(entry.granularity.unit), weighted_(entry.weighted.value_or(true)) {
    NF_CHECK(entry.grid.has_own_levels(), "grid {}", entry.grid.name());
  }

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    DistortionReport report;
    for_each_codebook(x, context, distorted, [&](const UnitSlice& unit, const Codebook* codebook) {
      report.clipped += round(unit, codebook);
      if (context.clipped != nullptr && codebook != nullptr)
        mark(unit, *codebook, x.cols(), context.clipped);
    });
    return report;
  }

  bool tells_clipped() const override { return true; }
  std::optional<Unit> grid_unit(SiteTensor) const override { return unit_; }
  bool has_steps() const override { return true; }
  void local_step(ConstMatrixView x, const DistortionContext& context,
                  MatrixView step) const override {
    NF_CHECK_SHAPE(step, x.rows(), x.cols());
    for_each_codebook(x, context, step, [&](const UnitSlice& unit, const Codebook* codebook) {
      map(unit, [&](float v) {
        return codebook == nullptr ? kNaN : std::max(codebook->step(v), kSmallestScale);
      });
    });
  }

  bool has_levels() const override { return true; }
  void levels_around(ConstMatrixView x, const DistortionContext& context, MatrixView lower,
                     MatrixView upper) const override {
    NF_CHECK_SHAPE(lower, x.rows(), x.cols());
    NF_CHECK_SHAPE(upper, x.rows(), x.cols());
    const auto take = [&](MatrixView out, float std::pair<float, float>::*end) {
      for_each_codebook(x, context, out, [&](const UnitSlice& unit, const Codebook* codebook) {
        map(unit, [&](float v) { return codebook == nullptr ? kNaN : codebook->around(v).*end; });
      });
    };
    take(lower, &std::pair<float, float>::first);
    take(upper, &std::pair<float, float>::second);
  }

  InputNeeds input_needs(SiteTensor) const override { return {.ranges = weighted_}; }
  DistortionPtr without_inputs() const override {
    if (!weighted_ || entry_.weighted) return nullptr;
    QuantizerConfig plain = entry_;
    plain.weighted = false;
    return std::make_shared<KMeans>(plain);
  }

  double scratch_bytes(Index rows, Index cols) const override {
    const auto n = static_cast<double>(rows) * static_cast<double>(cols);
    return unit_.kind == Unit::Kind::tensor ? kmeans_bytes(n, Index{1} << entry_.bits) : 0.0;
  }
  Index rows_together(Index rows) const override {
    return unit_.kind == Unit::Kind::tensor ? rows : rows_of_unit(unit_, rows);
  }

  Json config() const override {
    QuantizerConfig resolved = entry_;
    resolved.weighted = weighted_;
    return resolved.config();
  }

 private:
  static constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

  /// use(unit, codebook) with out's part of each unit; no codebook where the unit holds an infinity
  /// or nothing but NaNs.
  template <class Use>
  void for_each_codebook(ConstMatrixView x, const DistortionContext& context, MatrixView out,
                         Use use) const {
    const InputStatistics* inputs = weighted_ ? &needed_inputs(x, context) : nullptr;
    const UnitBlocks units(unit_, SiteTensor::weight, x.rows(), x.cols());
    std::vector<float> values;
    std::vector<double> weights;
    for_each_unit(units, {x, {}, {}}, out, [&](const UnitSlice& unit) {
      values.clear();
      weights.clear();
      bool is_finite = true;
      for (Index r = 0; r < unit.in[0].rows(); ++r)
        for (Index c = 0; c < unit.in[0].cols(); ++c) {
          const float v = unit.in[0](r, c);
          is_finite = is_finite && !std::isinf(v);
          if (!std::isfinite(v)) continue;
          values.push_back(v);
          const Index col = unit.copied ? unit.where.col : unit.where.col + c;
          if (inputs != nullptr)
            weights.push_back(inputs->sum_squares[static_cast<std::size_t>(col)]);
        }
      if (!is_finite || values.empty()) return use(unit, static_cast<const Codebook*>(nullptr));
      const Codebook codebook(kmeans_levels(values, weights, Index{1} << entry_.bits));
      use(unit, &codebook);
    });
  }
  /// The unit's part of the result ← op of its values.
  template <class Op>
  static void map(const UnitSlice& unit, Op op) {
    for (Index r = 0; r < unit.in[0].rows(); ++r)
      for (Index c = 0; c < unit.in[0].cols(); ++c) unit.out(r, c) = op(unit.in[0](r, c));
  }
  static Index round(const UnitSlice& unit, const Codebook* codebook) {
    Index clipped = 0;
    map(unit, [&](float v) {
      if (codebook == nullptr) return kNaN;
      clipped += codebook->is_clipped(v) ? 1 : 0;
      return codebook->round(v);
    });
    return clipped;
  }

  static void mark(const UnitSlice& unit, const Codebook& codebook, Index row_length,
                   std::uint8_t* marks) {
    for (Index r = 0; r < unit.in[0].rows(); ++r)
      for (Index c = 0; c < unit.in[0].cols(); ++c)
        if (codebook.is_clipped(unit.in[0](r, c))) marks[unit.place(r, c, row_length)] = 1;
  }

  QuantizerConfig entry_;
  Unit unit_;
  bool weighted_;
};

}  // namespace

DistortionPtr make_kmeans(const QuantizerConfig& entry) { return std::make_shared<KMeans>(entry); }

}  // namespace nf
