#include "perturb/shuffled_twins.h"

#include <limits>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/random/philox.h"
#include "perturb/shuffle.h"

namespace nf {
namespace {

class ShuffledTwin final : public Surrogate {
 public:
  explicit ShuffledTwin(ShuffledParts parts) : parts_(parts) {}

  void replace(const ReferenceChange& change, const DistortionContext& context,
               MatrixView twin) const override {
    NF_CHECK_SHAPE(twin, change.delta.rows(), change.delta.cols());
    NF_CHECK(twin.size() <= std::numeric_limits<std::uint32_t>::max(), "{} values", twin.size());
    const UnitBlocks units(default_noise_scope(context.tensor()), context.tensor(), twin.rows(),
                           twin.cols());
    const auto shuffle = [&](Index i) {
      const Rectangle where = units[i];
      shuffle_unit(part_of(change.x, where), part_of(change.delta, where),
                   context.first_element + static_cast<std::uint64_t>(where.row * twin.cols()),
                   context, part_of(twin, where));
    };
    if (units.count() == 1) return shuffle(0);  // its parts are shared out
    parallel_for(units.count(), shuffle);
  }
  bool draws() const override { return true; }
  /// Draws, values and their places; the places in their order, sorted from one buffer to another.
  double bytes_per_value() const override {
    return sizeof(std::uint64_t) + sizeof(float) + sizeof(std::uint32_t) + 2.0 * sizeof(DrawnPlace);
  }

 private:
  /// first: the index of the unit's first element among those of the site
  void shuffle_unit(ConstMatrixView x, ConstMatrixView delta, std::uint64_t first,
                    const DistortionContext& context, MatrixView twin) const {
    const Index cols = delta.cols();
    std::vector<std::uint64_t> draws(static_cast<std::size_t>(delta.size()));
    std::vector<float> values(draws.size());
    for (Index r = 0; r < delta.rows(); ++r)
      std::copy_n(delta.row(r), cols, values.data() + r * cols);
    philox_kernels().draw_u64(draws.data(), delta.size(), first, context.key, context.seed);
    const std::vector<std::vector<std::uint32_t>> parts = parts_(x);
    parallel_for(std::ssize(parts), [&](Index i) {
      const std::vector<std::uint32_t>& places = parts[static_cast<std::size_t>(i)];
      std::vector<DrawnPlace> order;
      order.reserve(places.size());
      for (const std::uint32_t place : places) order.push_back({draws[place], place});
      shuffle_places(order);
      for (std::size_t k = 0; k < places.size(); ++k)
        twin(places[k] / cols, places[k] % cols) = values[order[k].place];
    });
  }

  ShuffledParts parts_;
};

}  // namespace

SurrogatePtr shuffled_twin(ShuffledParts parts) { return std::make_shared<ShuffledTwin>(parts); }

}  // namespace nf
