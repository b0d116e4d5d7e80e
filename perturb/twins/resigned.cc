#include <vector>

#include "core/base/parallel.h"
#include "perturb/draws.h"
#include "perturb/noise_kernels.h"
#include "perturb/surrogate.h"

namespace nf {
namespace {

class Resigned final : public Surrogate {
 public:
  void replace(const ReferenceChange& change, const DistortionContext& context,
               MatrixView twin) const override {
    const Index n = twin.cols();
    parallel_for(twin.rows(), [&](Index r) {
      std::vector<float> signs(static_cast<std::size_t>(n));
      signs_.fill(signs.data(), n, context.first_element + static_cast<std::uint64_t>(r * n),
                  context.key, context.seed);
      noise_kernels().multiply_abs(signs.data(), change.delta.row(r), n);
      std::copy(signs.begin(), signs.end(), twin.row(r));
    });
  }
  bool draws() const override { return true; }

 private:
  Draws signs_ = draws_of("rademacher");
};

}  // namespace

void register_resigned(TwinTable& twins) {
  twins.add({.name = "resigned",
             .number = 5,
             .summary = "the same magnitudes at the same places, random signs",
             .keeps = "magnitudes, places",
             .destroys = "signs, correlation with x",
             .surrogate = std::make_shared<Resigned>()});
}

}  // namespace nf
