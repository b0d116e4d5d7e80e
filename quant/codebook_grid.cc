#include "quant/codebook_grid.h"

#include <utility>

#include "core/base/check.h"
#include "quant/codebook.h"

namespace nf {
namespace {

class CodebookGrid final : public Grid {
 public:
  explicit CodebookGrid(std::vector<float> levels) : codebook_(std::move(levels)) {
    const std::size_t n = codebook_.levels().size();
    NF_CHECK(n >= kFewestLevels && n <= kMostLevels, "{} levels", n);
  }

  bool is_symmetric() const override { return true; }
  void fit(ConstVectorView lowest, ConstVectorView highest, VectorView scale,
           VectorView zero) const override {
    for (std::size_t i = 0; i < lowest.size(); ++i) {
      scale[i] = grid_scale(largest_magnitude(lowest[i], highest[i]), 1.0f);
      zero[i] = 0.0f;
    }
  }
  Index quantize(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    Index clipped = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float scale = scales.scale[scales.each ? i : 0];
      const float place = x[i] / scale;
      clipped += codebook_.is_clipped(place) ? 1 : 0;
      out[i] = codebook_.round(place) * scale;
    }
    return clipped;
  }
  void step(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float scale = scales.scale[scales.each ? i : 0];
      out[i] = codebook_.step(x[i] / scale) * scale;
    }
  }
  void around(ConstVectorView x, const UnitScales& scales, VectorView lower,
              VectorView upper) const override {
    check_lengths(x, scales, lower);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float scale = scales.scale[scales.each ? i : 0];
      const auto [below, above] = codebook_.around(x[i] / scale);
      lower[i] = below * scale;
      upper[i] = above * scale;
    }
  }

 private:
  Codebook codebook_;
};

}  // namespace

std::unique_ptr<const Grid> make_codebook_grid(std::vector<float> levels) {
  return std::make_unique<const CodebookGrid>(std::move(levels));
}

}  // namespace nf
