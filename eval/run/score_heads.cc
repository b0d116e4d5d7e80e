#include "eval/run/score_heads.h"

#include <algorithm>
#include <vector>

#include "core/base/check.h"
#include "eval/plan/memory.h"

namespace nf {

void score_tile(const Decoder& decoder, std::span<const HeadLane> lanes,
                std::span<const HeadSlab> slabs, Index first_row, Index count,
                const StageHooks& hooks) {
  thread_local Matrix baseline, logits;
  thread_local std::vector<double> weights;
  double rescale[kRowTile];
  Index first_token = slabs.front().first_token;
  for (std::size_t c = 0; c < slabs.front().chunks.size(); ++c) {
    const Index chunk_tokens = slabs.front().chunks[c].out();
    for (Matrix* buffer : {&baseline, &logits}) buffer->resize(count, chunk_tokens);
    weights.resize(static_cast<std::size_t>(count * chunk_tokens));
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      const HeadLane& lane = lanes[i];
      const PackedWeight& chunk = slabs[i].chunks[c];
      Matrix& out = i == 0 ? baseline : logits;
      decoder.logits(lane.scored.middle_rows(first_row, count), chunk, out);
      if (i == 0)
        lane.scores->add_baseline(out, first_row, first_token, weights,
                                  std::span(rescale, kRowTile));
      else
        lane.scores->add_trial(out, first_row, first_token, baseline, weights,
                               std::span(rescale, kRowTile));
      hooks.advance(2.0 * static_cast<double>(count * chunk.in() * chunk.out()));
    }
    first_token += chunk_tokens;
  }
}

void score_heads(const Decoder& decoder, std::span<const HeadLane> lanes, const StageHooks& hooks) {
  NF_CHECK(!lanes.empty() && lanes.front().shares_head(), "{} lanes at the head, no baseline",
           lanes.size());
  const Index rows = lanes.front().scored.rows(), vocab = decoder.spec().vocab_size;
  const Index tiles = (rows + kRowTile - 1) / kRowTile;
  std::vector<HeadSlab> slabs(lanes.size());  // the checkpoint's is shared by most
  Matrix own;                                 // a lane's slab before it is packed
  for (Index first = 0; first < vocab; first += kHeadSlab) {
    for (std::size_t i = 1; i < lanes.size(); ++i)
      if (lanes[i].shares_head()) slabs[i] = {};
    slabs.front() = decoder.load_head(first, kHeadSlab, std::move(slabs.front()));
    decoder.prefetch_head(first + kHeadSlab, kHeadSlab);
    for (std::size_t i = 1; i < lanes.size(); ++i) {
      if (lanes[i].shares_head()) {
        slabs[i] = slabs.front();
        continue;
      }
      if (lanes[i].head == nullptr) {
        slabs[i] = decoder.load_head(first, kHeadSlab, std::move(slabs[i]), lanes[i].rounding);
        continue;
      }
      own.resize(std::min(kHeadSlab, vocab - first), decoder.spec().embedding_size());
      lanes[i].head->next(own);
      slabs[i] = decoder.pack_head(own, first, std::move(slabs[i]));
    }
    hooks.share(tiles, [&](Index i) {
      const Index row = i * kRowTile;
      score_tile(decoder, lanes, slabs, row, std::min(kRowTile, rows - row), hooks);
    });
  }
}

}  // namespace nf
