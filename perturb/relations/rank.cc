#include <memory>
#include <vector>

#include "perturb/magnitude_order.h"
#include "perturb/noise_kernels.h"
#include "perturb/relation.h"

namespace nf {
namespace {

enum class RankOrder { up, down };

}  // namespace

template <>
struct EnumNames<RankOrder> {
  static constexpr EnumName<RankOrder> table[] = {
      {RankOrder::up, "up", "the larger |x|, the larger the noise"},
      {RankOrder::down, "down", "the larger |x|, the smaller the noise"},
  };
};

namespace {

/// Weight rank/n, or (n + 1 − rank)/n, with the ranks 1 to n of the unit's values by (|x|, place in
/// the unit): it grows or shrinks with |x| whatever the values are distributed like.
UnitWeights weights(const UnitValues& unit, RankOrder order) {
  const std::vector<std::uint32_t> places = magnitude_order(unit.x);
  const auto of_place = std::make_shared<std::vector<float>>(places.size());
  const auto n = static_cast<double>(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::size_t rank = order == RankOrder::up ? i + 1 : places.size() - i;
    (*of_place)[places[i]] = static_cast<float>(static_cast<double>(rank) / n);
  }
  return [of_place](const UnitValues& of, Index row, float* z) {
    noise_kernels().multiply(z, of_place->data() + row * of.x.cols(), of.x.cols());
  };
}

}  // namespace

void register_rank(RelationTable& relations) {
  Kind<Relation> kind{.name = "rank"};
  kind.take_parameter<RankOrder>(
      {.summary = "times the rank of |x| in the unit over n (up), or n + 1 less the rank (down)",
       .example = "up"},
      [](RankOrder order) {
        return Relation{.config = {{"rank", enum_name(order)}},
                        .weights = [order](const UnitValues& unit) { return weights(unit, order); },
                        .sees_unit = true};
      });
  relations.add(std::move(kind));
}

}  // namespace nf
