#include "eval/plan/stop_rule.h"

#include <algorithm>

#include "core/random/philox.h"
#include "eval/stats/confidence_sequence.h"

namespace nf {
namespace {

/// "nf_visit": the key of the permutation.
constexpr std::uint64_t kVisitKey = 0x6e665f7669736974;

/// Windows of one document, or one window.
std::vector<std::vector<Index>> text_blocks(const EvalSet& set) {
  std::vector<std::vector<Index>> blocks;
  for (Index i = 0; i < set.windows; ++i) {
    if (set.begins_block(i)) blocks.emplace_back();
    blocks.back().push_back(i);
  }
  return blocks;
}

}  // namespace

std::vector<Stage> cut_stop_stages(const DecoderSpec& spec, const EvalSet& set) {
  const std::vector<std::vector<Index>> blocks = text_blocks(set);
  struct Place {
    std::uint64_t draw;
    std::size_t block;
    bool operator<(const Place& other) const {
      return draw != other.draw ? draw < other.draw : block < other.block;
    }
  };
  std::vector<Place> order;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const PhiloxBlock draw = element_block(b, kVisitKey, 0);
    order.push_back({std::uint64_t{draw[1]} << 32 | draw[0], b});
  }
  std::sort(order.begin(), order.end());
  const Index most_rows = static_cast<Index>(kStopLaneBytes) / (4 * spec.hidden_size);
  std::vector<Stage> stages;
  Index rows = kStopRows;
  for (const Place& place : order) {
    bool may_end = rows >= kStopRows;
    for (const Index i : blocks[place.block]) {
      const Index more = set.item(i).layout.rows();
      // A document too long for the memory of one stage is cut, and counts as several blocks.
      if (may_end || (rows > 0 && rows + more > most_rows)) {
        stages.emplace_back();
        rows = 0;
      }
      may_end = false;
      stages.back().items.push_back(i);
      rows += more;
    }
  }
  for (Stage& stage : stages) std::sort(stage.items.begin(), stage.items.end());
  const std::span<const EvalItem> questions =
      std::span(set.items).subspan(static_cast<std::size_t>(set.windows));
  for (Stage& stage : cut_stages(spec, questions)) {
    for (Index& i : stage.items) i += set.windows;
    stages.push_back(std::move(stage));
  }
  return stages;
}

std::optional<StopState> look(const StopConfig& config, const EvalSet& set,
                              std::span<const Stage> visited,
                              const std::map<Index, WindowSums>& windows) {
  BlockSums blocks;
  StopState state;
  double kl = 0.0;
  for (const Stage& stage : visited) {
    Index document = -1;
    for (const Index i : stage.items) {
      if (i >= set.windows) continue;
      const auto found = windows.find(i);
      if (found == windows.end()) return std::nullopt;
      const PartSums& sums = found->second.sums;
      if (sums.tokens == 0) continue;  // a document of one token: no block of statistics
      if (blocks.empty() || set.item(i).document < 0 || set.item(i).document != document)
        blocks.push_back({});
      document = set.item(i).document;
      const double tokens = static_cast<double>(sums.tokens);
      blocks.back().add(
          {.tokens = tokens, .sum = sums.kl, .rounding = rounding_of_sum(tokens, sums.kl)});
      state.tokens += sums.tokens;
      kl += sums.kl;
    }
  }
  state.blocks = std::ssize(blocks);
  if (state.tokens > 0) state.kl = kl / static_cast<double>(state.tokens);
  state.kl_halfwidth = kl_sequence_halfwidth(blocks);
  state.reached = state.blocks >= config.min_blocks && state.kl_halfwidth <= config.kl_halfwidth;
  return state;
}

}  // namespace nf
