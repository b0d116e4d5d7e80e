#include "perturb/magnitude_order.h"
#include "perturb/shuffled_twins.h"

namespace nf {
namespace {

/// Bins of |x|, of as many values each.
constexpr std::size_t kBins = 64;

/// The bin ⌊64·rank/n⌋ of each value, by (|x|, place).
std::vector<std::vector<std::uint32_t>> bins_of_size(ConstMatrixView x) {
  const std::vector<std::uint32_t> order = magnitude_order(x);
  std::vector<std::uint8_t> bin_of(order.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank)
    bin_of[order[rank]] = static_cast<std::uint8_t>(kBins * rank / order.size());
  std::vector<std::vector<std::uint32_t>> bins(kBins);
  for (auto& bin : bins) bin.reserve(order.size() / kBins + 1);
  for (std::size_t place = 0; place < bin_of.size(); ++place)
    bins[bin_of[place]].push_back(static_cast<std::uint32_t>(place));
  return bins;
}

}  // namespace

void register_permuted_by_size(TwinTable& twins) {
  twins.add({.name = "permuted_by_size",
             .number = 7,
             .summary = "the same values, shuffled within 64 bins of |x|",
             .keeps = "distribution, relation to |x|",
             .destroys = "places",
             .surrogate = shuffled_twin(bins_of_size)});
}

}  // namespace nf
