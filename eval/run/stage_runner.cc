#include "eval/run/stage_runner.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <semaphore>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/ops/elementwise.h"
#include "eval/metrics/token_scores.h"
#include "eval/run/lane_inputs.h"

namespace nf {
namespace {

/// Items that go through the blocks together, by one thread: products like tall matrices.
struct Batch {
  std::vector<std::int32_t> ids;
  Layout layout;
  std::vector<ItemRows> items;
};

/// Rows of a batch that predict a target, and where they go among the stage's.
struct GatheredRows {
  std::vector<Index> rows;  ///< of the batch, ascending
  Index first = 0;          ///< among the scored rows of the stage
};

/// Items [first, last) packed into batches, and their targets by scored row.
struct StageRows {
  StageRows(const EvalSet& set, const Stage& stage)
      : plan(plan_batches(set.items, stage, thread_count())) {
    for (Index i = stage.first; i < stage.last; ++i) add(i, set.item(i));
  }

  BatchPlan plan;
  std::vector<Batch> batches;
  std::vector<GatheredRows> scored;  ///< by batch
  Index scored_rows = 0;
  std::vector<Target> targets;                  ///< row: among the scored ones
  std::vector<std::size_t> first_target = {0};  ///< of each item, and the end of the last one's

 private:
  void add(Index number, const EvalItem& item) {
    const Index rows = item.layout.rows();
    if (batches.empty() || batches.back().layout.rows() + rows > plan.rows) {
      batches.emplace_back();
      scored.push_back({.rows = {}, .first = scored_rows});
    }
    Batch& batch = batches.back();
    const Index first = batch.layout.rows();
    batch.ids.insert(batch.ids.end(), item.ids.begin(), item.ids.end());
    for (Segment segment : item.layout.segments) {
      segment.first += first;
      segment.prefix_first += first;
      batch.layout.segments.push_back(segment);
    }
    batch.items.push_back(
        {.item = number, .first = first, .rows = rows, .first_row = item.first_row});
    Index last = -1;
    for (Target target : item.targets) {
      if (target.row != last) {
        scored.back().rows.push_back(first + target.row);
        ++scored_rows;
      }
      last = target.row;
      target.row = scored_rows - 1;
      targets.push_back(target);
    }
    first_target.push_back(targets.size());
  }
};

/// One lane on its way through the model.
struct Traveller {
  const ModelTrial* trial = nullptr;  ///< null: the baseline
  bool weight_stats = false;
  std::vector<Matrix> hidden;  ///< by batch: [T, H]
  Matrix scored;               ///< what the head reads at the rows that predict a target: [R, E]
  std::unique_ptr<TokenScores> scores;
  std::vector<SiteStats> sites;
  Matrix head;  ///< a distorted head of its own, [V, E], else empty
  std::string error;

  bool failed() const { return !error.empty(); }
  /// The first problem is kept: what follows is its consequence.
  void note(const std::string& problem) {
    if (error.empty()) error = problem;
  }
};

/// Where weights are distorted: as many at once as the memory budget allows, their memory kept from
/// one to the next (fresh memory costs more than the distortion).
class Workbenches {
 public:
  struct Bench {
    Matrix weight, distorted;
  };
  explicit Workbenches(Index count) : free_(static_cast<std::size_t>(count)), may_take_(count) {}

  /// Waits for a free bench, and gives it back at the end.
  class Turn {
   public:
    explicit Turn(Workbenches& all) : all_(all) {
      all_.may_take_.acquire();
      const std::lock_guard lock(all_.mutex_);
      bench_ = std::move(all_.free_.back());
      all_.free_.pop_back();
    }
    ~Turn() {
      {
        const std::lock_guard lock(all_.mutex_);
        all_.free_.push_back(std::move(bench_));
      }
      all_.may_take_.release();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Bench* operator->() const { return &bench_; }

   private:
    Workbenches& all_;
    mutable Bench bench_;
  };

 private:
  std::mutex mutex_;
  std::vector<Bench> free_;
  std::counting_semaphore<> may_take_;
};

class WaveRun {
 public:
  /// baseline_scored: the baseline's rows for the head, filled by the stage's first wave.
  WaveRun(const Decoder& decoder, const EvalSet& set, const Stage& stage, const StageRows& rows,
          StatsMode stats, Index distorting_threads, const StageHooks& hooks,
          Matrix& baseline_scored)
      : decoder_(decoder),
        set_(set),
        stage_(stage),
        rows_(rows),
        stats_(stats),
        hooks_(hooks),
        baseline_scored_(baseline_scored),
        workbenches_(distorting_threads) {}

  void run(std::span<const Lane> lanes) {
    enter(lanes);
    const Index layers = decoder_.spec().num_hidden_layers;
    BlockWeights weights;
    for (Index layer = 0; layer < layers; ++layer) {
      weights = decoder_.load_block(layer, std::move(weights));
      if (layer + 1 < layers)
        decoder_.prefetch_block(layer + 1);
      else
        decoder_.prefetch_head(0, kHeadSlab);
      for (Traveller& traveller : travellers_) pass_block(traveller, weights);
    }
    weights = {};  // a block and the head are never held at once
    pass_head();
  }

  /// What the lanes have to show, and in the stage's first wave the baseline.
  std::vector<LaneResult> take_lanes() {
    std::vector<LaneResult> results;
    for (std::size_t i = 1; i < travellers_.size(); ++i) results.push_back(leave(travellers_[i]));
    return results;
  }
  LaneResult take_baseline() {
    LaneResult result = leave(travellers_.front());
    baseline_scored_ = std::move(travellers_.front().scored);
    return result;
  }
  /// Hands the baseline's rows back for the next wave.
  void keep_baseline() { baseline_scored_ = std::move(travellers_.front().scored); }

 private:
  Index batch_count() const { return static_cast<Index>(rows_.batches.size()); }
  const Batch& batch(Index b) const { return rows_.batches[static_cast<std::size_t>(b)]; }

  /// Work shared out among threads, with a look at the stop sign before each piece.
  void each(Index count, const std::function<void(Index)>& body) {
    parallel_for(count, [&](Index i) { run_piece(i, body); });
  }
  /// Batches, shared out or one after the other, as the plan says.
  void each_batch(const std::function<void(Index)>& body) {
    if (rows_.plan.at_once > 1) return each(batch_count(), body);
    for (Index b = 0; b < batch_count(); ++b) run_piece(b, body);
  }
  void run_piece(Index i, const std::function<void(Index)>& body) {
    if (hooks_.should_stop()) throw Interrupted();
    body(i);
  }

  bool passes_blocks(const Traveller& traveller) const { return !traveller.hidden.empty(); }

  /// Embeds every batch once; all lanes start from the same hidden states. The baseline stays out
  /// where an earlier wave of the stage took it through the blocks.
  void enter(std::span<const Lane> lanes) {
    travellers_.resize(lanes.size() + 1);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      travellers_[i + 1].trial = lanes[i].trial;
      travellers_[i + 1].weight_stats = lanes[i].weight_stats;
    }
    const bool with_baseline = baseline_scored_.empty();
    travellers_.front().scored = std::move(baseline_scored_);
    std::vector<Traveller*> entering;
    for (Traveller& traveller : travellers_) {
      traveller.scores = std::make_unique<TokenScores>(rows_.scored_rows, rows_.targets);
      if (traveller.trial == nullptr && !with_baseline) continue;
      traveller.hidden.resize(static_cast<std::size_t>(batch_count()));
      entering.push_back(&traveller);
    }
    if (!entering.empty())
      each_batch([&](Index b) {
        const auto i = static_cast<std::size_t>(b);
        Matrix& first = entering.front()->hidden[i];
        first.resize(batch(b).layout.rows(), decoder_.spec().hidden_size);
        decoder_.embed(batch(b).ids, batch(b).layout, first);
        for (std::size_t lane = 1; lane < entering.size(); ++lane) {
          entering[lane]->hidden[i].resize(first.rows(), first.cols());
          std::copy_n(first.data(), first.size(), entering[lane]->hidden[i].data());
        }
      });
    decoder_.release_embedding();
    for (Traveller& traveller : travellers_) {
      if (traveller.trial == nullptr) continue;
      traveller.head = distort_outer(traveller, Role::lm_head, traveller.trial->lm_head());
      const Matrix tokens =
          distort_outer(traveller, Role::embed_tokens, traveller.trial->embed_tokens());
      if (tokens.empty()) continue;
      each_batch([&](Index b) {
        decoder_.embed(batch(b).ids, batch(b).layout, traveller.hidden[static_cast<std::size_t>(b)],
                       tokens);
      });
    }
  }

  /// The embedding or the head as this lane has it; empty where it is the checkpoint's.
  Matrix distort_outer(Traveller& traveller, Role role, const SiteChain& chain) {
    if (chain.empty()) return {};
    const Matrix weight = decoder_.load_outer(role);
    Matrix distorted(weight.rows(), weight.cols());
    traveller.note(distort_weight(traveller, chain, weight, distorted, traveller.sites));
    return distorted;
  }

  /// distorted <- what the chain makes of a weight; its statistics, where wanted, go to `sites`.
  /// Returns what is wrong with the result, empty where it is finite.
  std::string distort_weight(const Traveller& traveller, const SiteChain& chain,
                             ConstMatrixView weight, MatrixView distorted,
                             std::vector<SiteStats>& sites) const {
    const DistortionContext context{.tensor = SiteTensor::weight, .seed = traveller.trial->seed()};
    const DistortionReport report = chain.apply(weight, context, distorted);
    std::string problem = finite_problem(chain.site, distorted);
    if (traveller.weight_stats && problem.empty())
      add_site(measure_site(chain.site, weight, distorted, SiteTensor::weight, report,
                            stats_ != StatsMode::none),
               sites);
    return problem;
  }

  /// One lane through one block: its weights where it has weights of its own, then every batch.
  void pass_block(Traveller& traveller, const BlockWeights& weights) {
    if (traveller.failed() || !passes_blocks(traveller)) return;
    const Index layer = weights.layer;
    PackedLinears own =
        traveller.trial == nullptr ? weights.packed : distort_weights(traveller, weights);
    if (traveller.failed()) return;
    const bool touches_inputs =
        traveller.trial != nullptr && traveller.trial->touches_inputs(layer);
    std::vector<std::vector<SiteStats>> input_sites(rows_.batches.size());
    std::vector<std::string> problems(rows_.batches.size());
    each_batch([&](Index b) {
      const auto i = static_cast<std::size_t>(b);
      Matrix& hidden = traveller.hidden[i];
      if (touches_inputs) {
        LaneInputs inputs(*traveller.trial, layer, batch(b).items, stats_ == StatsMode::all);
        decoder_.run(weights, own, batch(b).layout, &inputs, hidden);
        input_sites[i] = inputs.take_sites();
        if (!inputs.problem().empty())
          problems[i] = fmt::format("{}: {}", set_.name(inputs.problem_item()), inputs.problem());
      } else {
        decoder_.run(weights, own, batch(b).layout, nullptr, hidden);
      }
      if (problems[i].empty()) problems[i] = hidden_problem(layer, batch(b), hidden);
      hooks_.advance(block_flops(decoder_.spec(), batch(b).layout));
    });
    for (const std::string& problem : problems) traveller.note(problem);
    if (traveller.failed() && traveller.trial == nullptr) throw_baseline_failure(traveller);
    add_in_order(input_sites, traveller.sites);
    if (traveller.trial == nullptr) return;
    for (const LinearTensors& linear : weights.spec.linears)
      if (!traveller.trial->weight(layer, linear.role).empty())
        spare_[linear.role] = std::move(own[linear.role]);
  }

  static void add_in_order(const std::vector<std::vector<SiteStats>>& parts,
                           std::vector<SiteStats>& sites) {
    for (const std::vector<SiteStats>& part : parts)
      for (const SiteStats& site : part) add_site(site, sites);
  }

  std::string hidden_problem(Index layer, const Batch& batch, ConstMatrixView hidden) const {
    const Index bad = first_non_finite(hidden);
    if (bad < 0) return {};
    const Index row = bad / hidden.cols();
    const auto item = std::find_if(batch.items.rbegin(), batch.items.rend(),
                                   [row](const ItemRows& each) { return each.first <= row; });
    return fmt::format("layer {}: hidden state of {}, position {}, feature {} is not finite", layer,
                       set_.name(item->item), row - item->first, bad % hidden.cols());
  }

  [[noreturn]] void throw_baseline_failure(const Traveller& baseline) const {
    throw NumericError(fmt::format("{}: the untouched model fails: {}",
                                   decoder_.checkpoint().dir().string(), baseline.error));
  }

  /// The lane's packed weights: shared with the baseline except where the trial acts.
  PackedLinears distort_weights(Traveller& traveller, const BlockWeights& weights) {
    PackedLinears own = weights.packed;
    std::vector<const LinearTensors*> touched;
    for (const LinearTensors& linear : weights.spec.linears)
      if (!traveller.trial->weight(weights.layer, linear.role).empty()) touched.push_back(&linear);
    std::vector<std::vector<SiteStats>> sites(touched.size());
    std::vector<std::string> problems(touched.size());
    each(static_cast<Index>(touched.size()), [&](Index i) {
      const LinearTensors& linear = *touched[static_cast<std::size_t>(i)];
      const Workbenches::Turn turn(workbenches_);
      turn->weight.resize(linear.out, linear.in);
      turn->distorted.resize(linear.out, linear.in);
      decoder_.read_weight(weights.layer, linear.role, turn->weight);
      problems[static_cast<std::size_t>(i)] =
          distort_weight(traveller, traveller.trial->weight(weights.layer, linear.role),
                         turn->weight, turn->distorted, sites[static_cast<std::size_t>(i)]);
      own[linear.role] = pack_weight(turn->distorted, std::move(spare_[linear.role]));
    });
    for (const std::string& problem : problems) traveller.note(problem);
    add_in_order(sites, traveller.sites);
    return own;
  }

  /// Final norm, then the head in slabs: chunk by chunk of the vocabulary the baseline and all
  /// lanes meet.
  void pass_head() {
    for (Traveller& traveller : travellers_)
      if (!traveller.failed() && passes_blocks(traveller)) pass_final_norm(traveller);
    const Index vocab = decoder_.spec().vocab_size;
    const Index tiles = (rows_.scored_rows + kRowTile - 1) / kRowTile;
    std::vector<HeadSlab> slabs(travellers_.size());  // the baseline's is shared by most
    for (Index first = 0; first < vocab; first += kHeadSlab) {
      for (std::size_t i = 1; i < travellers_.size(); ++i)
        if (travellers_[i].head.empty()) slabs[i] = {};
      slabs.front() = decoder_.load_head(first, kHeadSlab, std::move(slabs.front()));
      decoder_.prefetch_head(first + kHeadSlab, kHeadSlab);
      for (std::size_t i = 1; i < travellers_.size(); ++i)
        slabs[i] = travellers_[i].head.empty() ? slabs.front()
                                               : decoder_.pack_head(travellers_[i].head, first,
                                                                    kHeadSlab, std::move(slabs[i]));
      each(tiles, [&](Index i) {
        const Index row = i * kRowTile;
        score_tile(slabs, row, std::min(kRowTile, rows_.scored_rows - row));
      });
    }
  }

  /// What the head reads at the rows that predict a target: the normed hidden states, distorted
  /// where the trial says so. The other rows go.
  void pass_final_norm(Traveller& traveller) {
    const bool distorts = traveller.trial != nullptr && !traveller.trial->lm_head_input().empty();
    std::vector<std::vector<SiteStats>> sites(rows_.batches.size());
    std::vector<std::string> problems(rows_.batches.size());
    traveller.scored.resize(rows_.scored_rows, decoder_.spec().embedding_size());
    each_batch([&](Index b) {
      const auto i = static_cast<std::size_t>(b);
      Matrix hidden = std::move(traveller.hidden[i]);
      decoder_.final_norm(hidden);
      if (distorts) {
        Matrix distorted(hidden.rows(), hidden.cols());
        for (const ItemRows& item : batch(b).items) {
          DistortedInput result = distort_input(
              traveller.trial->lm_head_input(), traveller.trial->seed(), item.item, item.first_row,
              stats_ == StatsMode::all, hidden.view().middle_rows(item.first, item.rows),
              distorted.view().middle_rows(item.first, item.rows));
          if (result.problem.empty())
            sites[i].push_back(std::move(result.site));
          else if (problems[i].empty())
            problems[i] = fmt::format("{}: {}", set_.name(item.item), result.problem);
        }
        hidden = std::move(distorted);
      }
      const GatheredRows& scored = rows_.scored[i];
      for (std::size_t r = 0; r < scored.rows.size(); ++r)
        std::copy_n(hidden.view().row(scored.rows[r]), hidden.cols(),
                    traveller.scored.view().row(scored.first + static_cast<Index>(r)));
    });
    traveller.hidden.clear();
    for (const std::string& problem : problems) traveller.note(problem);
    add_in_order(sites, traveller.sites);
  }

  /// Some scored rows against a part of the vocabulary. slabs: that part of each traveller's head.
  void score_tile(const std::vector<HeadSlab>& slabs, Index first_row, Index rows) {
    thread_local Matrix baseline, logits, exps;
    double rescale[kRowTile];
    Index first_token = slabs.front().first_token;
    for (std::size_t c = 0; c < slabs.front().chunks.size(); ++c) {
      const Index chunk_tokens = slabs.front().chunks[c].out();
      for (Matrix* buffer : {&baseline, &logits, &exps}) buffer->resize(rows, chunk_tokens);
      for (std::size_t lane = 0; lane < travellers_.size(); ++lane) {
        Traveller& traveller = travellers_[lane];
        if (traveller.failed()) continue;
        const PackedWeight& chunk = slabs[lane].chunks[c];
        const bool is_baseline = traveller.trial == nullptr;
        Matrix& out = is_baseline ? baseline : logits;
        decoder_.logits(traveller.scored.view().middle_rows(first_row, rows), chunk, out);
        if (is_baseline)
          traveller.scores->add_baseline(out, first_row, first_token, exps,
                                         std::span(rescale, kRowTile));
        else
          traveller.scores->add_trial(out, first_row, first_token, baseline, exps,
                                      std::span(rescale, kRowTile));
        hooks_.advance(2.0 * static_cast<double>(rows * chunk.in() * chunk.out()));
      }
      first_token += chunk_tokens;
    }
  }

  LaneResult leave(Traveller& traveller) {
    LaneResult lane;
    for (Index i = stage_.first; i < stage_.last && !traveller.failed(); ++i) {
      std::vector<PartSums> parts(static_cast<std::size_t>(set_.item(i).parts));
      const auto at = static_cast<std::size_t>(i - stage_.first);
      traveller.scores->add_targets(rows_.first_target[at], rows_.first_target[at + 1],
                                    *travellers_.front().scores, parts);
      for (const PartSums& part : parts)
        if (!std::isfinite(part.nll) || !std::isfinite(part.kl))
          traveller.note(fmt::format("logits of {} are not finite", set_.name(i)));
      lane.items.push_back(std::move(parts));
    }
    if (traveller.failed() && traveller.trial == nullptr) throw_baseline_failure(traveller);
    lane.error = traveller.error;
    if (traveller.failed()) lane.items.clear();
    lane.sites = std::move(traveller.sites);
    return lane;
  }

  const Decoder& decoder_;
  const EvalSet& set_;
  const Stage& stage_;
  const StageRows& rows_;
  StatsMode stats_;
  const StageHooks& hooks_;
  Matrix& baseline_scored_;
  Workbenches workbenches_;
  PackedLinears spare_;  ///< weights that the last lane had for itself: memory for the next one's
  std::vector<Traveller> travellers_;  ///< the baseline first
};

}  // namespace

LaneResult run_stage(const Decoder& decoder, const EvalSet& set, const Stage& stage,
                     const std::vector<Lane>& lanes, const WavePlan& plan, StatsMode stats,
                     const StageHooks& hooks) {
  const Index planned = std::accumulate(plan.lanes.begin(), plan.lanes.end(), Index{0});
  NF_CHECK(planned == std::ssize(lanes), "waves of {} lanes for {}", planned, lanes.size());
  const StageRows rows(set, stage);
  LaneResult baseline;
  Matrix baseline_scored;  // kept over the waves: [R, E]
  std::size_t first = 0;
  for (std::size_t w = 0; w < plan.lanes.size(); ++w) {
    const auto count = static_cast<std::size_t>(plan.lanes[w]);
    WaveRun wave(decoder, set, stage, rows, stats, plan.distorting_threads, hooks, baseline_scored);
    wave.run(std::span(lanes).subspan(first, count));
    std::vector<LaneResult> results = wave.take_lanes();
    if (w == 0)
      baseline = wave.take_baseline();
    else
      wave.keep_baseline();
    hooks.lanes_done(first, std::move(results));
    first += count;
  }
  return baseline;
}

}  // namespace nf
