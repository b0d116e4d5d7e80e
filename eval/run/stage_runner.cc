#include "eval/run/stage_runner.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/ops/elementwise.h"
#include "eval/metrics/token_scores.h"
#include "eval/run/lane_inputs.h"

namespace nf {
namespace {

/// Vocabulary rows of the head held packed at a time: a memory bound, no result depends on it.
constexpr Index kHeadSlab = 8 * kVocabChunk;

/// One lane on its way through the model.
struct Traveller {
  const ModelTrial* trial = nullptr;  ///< null: the baseline
  bool weight_stats = false;
  std::vector<Matrix> hidden;        ///< by window of the stage: [T, H]
  std::vector<WindowScores> scores;  ///< likewise
  std::vector<SiteStats> sites;
  Matrix head;  ///< a distorted head of its own, [V, H], else empty
  std::string error;

  bool failed() const { return !error.empty(); }
  /// The first problem is kept: what follows is its consequence.
  void note(const std::string& problem) {
    if (error.empty()) error = problem;
  }
};

class StageRun {
 public:
  StageRun(const Decoder& decoder, const TokenWindows& windows, Stage stage, StatsMode stats,
           const StageHooks& hooks)
      : decoder_(decoder), windows_(windows), stage_(stage), stats_(stats), hooks_(hooks) {}

  StageResult run(const std::vector<Lane>& lanes) {
    enter(lanes);
    for (Index layer = 0; layer < decoder_.spec().num_hidden_layers; ++layer) {
      const BlockWeights weights = decoder_.load_block(layer);
      const PackedLinears packed = decoder_.pack_block(weights);
      for (Traveller& traveller : travellers_) pass_block(traveller, weights, packed);
    }
    pass_head();
    return leave();
  }

 private:
  Index window_count() const { return stage_.last - stage_.first; }
  std::span<const std::int32_t> ids(Index w) const { return windows_.window(stage_.first + w); }

  /// Work shared out among threads, with a look at the stop sign before each piece.
  void each(Index count, const std::function<void(Index)>& body) {
    parallel_for(count, [&](Index i) {
      if (hooks_.should_stop()) throw Interrupted();
      body(i);
    });
  }

  /// Embeds every window once; all lanes start from the same hidden states.
  void enter(const std::vector<Lane>& lanes) {
    travellers_.resize(lanes.size() + 1);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      travellers_[i + 1].trial = lanes[i].trial;
      travellers_[i + 1].weight_stats = lanes[i].weight_stats;
    }
    for (Traveller& traveller : travellers_) {
      traveller.hidden.resize(static_cast<std::size_t>(window_count()));
      for (Index w = 0; w < window_count(); ++w) traveller.scores.emplace_back(ids(w));
    }
    each(window_count(), [&](Index w) {
      const auto i = static_cast<std::size_t>(w);
      Matrix& first = travellers_.front().hidden[i];
      first.resize(static_cast<Index>(ids(w).size()), decoder_.spec().hidden_size);
      decoder_.embed(ids(w), first);
      for (std::size_t lane = 1; lane < travellers_.size(); ++lane) {
        travellers_[lane].hidden[i].resize(first.rows(), first.cols());
        std::copy_n(first.data(), first.size(), travellers_[lane].hidden[i].data());
      }
    });
    for (Traveller& traveller : travellers_) {
      if (traveller.trial == nullptr) continue;
      traveller.head = distort_outer(traveller, Role::lm_head, traveller.trial->lm_head());
      const Matrix tokens =
          distort_outer(traveller, Role::embed_tokens, traveller.trial->embed_tokens());
      if (tokens.empty()) continue;
      each(window_count(), [&](Index w) {
        decoder_.embed(ids(w), traveller.hidden[static_cast<std::size_t>(w)], tokens);
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

  /// One lane through one block: its weights where it has weights of its own, then every window.
  void pass_block(Traveller& traveller, const BlockWeights& weights, const PackedLinears& packed) {
    if (traveller.failed()) return;
    const Index layer = weights.layer;
    const PackedLinears own =
        traveller.trial == nullptr ? packed : distort_weights(traveller, weights, packed);
    if (traveller.failed()) return;
    const bool touches_inputs =
        traveller.trial != nullptr && traveller.trial->touches_inputs(layer);
    std::vector<std::vector<SiteStats>> input_sites(static_cast<std::size_t>(window_count()));
    std::vector<std::string> problems(static_cast<std::size_t>(window_count()));
    each(window_count(), [&](Index w) {
      const auto i = static_cast<std::size_t>(w);
      Matrix& hidden = traveller.hidden[i];
      if (touches_inputs) {
        LaneInputs inputs(*traveller.trial, layer, stage_.first + w, windows_.context(),
                          stats_ == StatsMode::all);
        decoder_.run(weights, own, &inputs, hidden);
        input_sites[i] = inputs.take_sites();
        problems[i] = inputs.problem();
      } else {
        decoder_.run(weights, own, nullptr, hidden);
      }
      if (problems[i].empty()) problems[i] = hidden_problem(layer, stage_.first + w, hidden);
      hooks_.advance(block_flops(decoder_.spec(), hidden.rows()));
    });
    for (const std::string& problem : problems) traveller.note(problem);
    if (traveller.failed() && traveller.trial == nullptr) throw_baseline_failure(traveller);
    add_in_order(input_sites, traveller.sites);
  }

  static void add_in_order(const std::vector<std::vector<SiteStats>>& parts,
                           std::vector<SiteStats>& sites) {
    for (const std::vector<SiteStats>& part : parts)
      for (const SiteStats& site : part) add_site(site, sites);
  }

  static std::string hidden_problem(Index layer, Index window, ConstMatrixView hidden) {
    const Index bad = first_non_finite(hidden);
    if (bad < 0) return {};
    return fmt::format("layer {}: hidden state of window {}, position {}, feature {} is not finite",
                       layer, window, bad / hidden.cols(), bad % hidden.cols());
  }

  [[noreturn]] void throw_baseline_failure(const Traveller& baseline) const {
    throw NumericError(fmt::format("{}: the untouched model fails: {}",
                                   decoder_.checkpoint().dir().string(), baseline.error));
  }

  /// The lane's packed weights: shared with the baseline except where the trial acts.
  PackedLinears distort_weights(Traveller& traveller, const BlockWeights& weights,
                                const PackedLinears& packed) {
    PackedLinears own = packed;
    std::vector<std::vector<SiteStats>> sites(weights.linears.size());
    std::vector<std::string> problems(weights.linears.size());
    each(static_cast<Index>(weights.linears.size()), [&](Index i) {
      const LinearWeights& linear = weights.linears[static_cast<std::size_t>(i)];
      const SiteChain& chain = traveller.trial->weight(weights.layer, linear.role);
      if (chain.empty()) return;
      thread_local Matrix distorted;
      distorted.resize(linear.weight.rows(), linear.weight.cols());
      problems[static_cast<std::size_t>(i)] = distort_weight(
          traveller, chain, linear.weight, distorted, sites[static_cast<std::size_t>(i)]);
      own[static_cast<std::size_t>(linear.role)] = pack_weight(distorted);
    });
    for (const std::string& problem : problems) traveller.note(problem);
    add_in_order(sites, traveller.sites);
    return own;
  }

  /// Final norm, then the head in slabs: chunk by chunk of the vocabulary the baseline and all
  /// lanes meet.
  void pass_head() {
    const Index vocab = decoder_.spec().vocab_size;
    struct Tile {
      Index window, first_row, rows;
    };
    std::vector<Tile> tiles;
    for (Index w = 0; w < window_count(); ++w) {
      const Index rows = travellers_.front().scores[static_cast<std::size_t>(w)].rows();
      for (Index first = 0; first < rows; first += kRowTile)
        tiles.push_back({w, first, std::min(kRowTile, rows - first)});
    }
    for (Traveller& traveller : travellers_)
      if (!traveller.failed()) pass_final_norm(traveller);
    for (Index first = 0; first < vocab; first += kHeadSlab) {
      const HeadSlab shared = decoder_.load_head(first, kHeadSlab);
      std::vector<HeadSlab> slabs;  // by traveller
      for (const Traveller& traveller : travellers_)
        slabs.push_back(
            traveller.head.empty() ? shared : decoder_.pack_head(traveller.head, first, kHeadSlab));
      each(static_cast<Index>(tiles.size()), [&](Index i) {
        const Tile& tile = tiles[static_cast<std::size_t>(i)];
        score_tile(slabs, tile.window, tile.first_row, tile.rows);
      });
    }
  }

  /// What the head reads: the normed hidden states, distorted where the trial says so.
  void pass_final_norm(Traveller& traveller) {
    const bool distorts = traveller.trial != nullptr && !traveller.trial->lm_head_input().empty();
    std::vector<std::vector<SiteStats>> sites(static_cast<std::size_t>(window_count()));
    std::vector<std::string> problems(static_cast<std::size_t>(window_count()));
    each(window_count(), [&](Index w) {
      const auto i = static_cast<std::size_t>(w);
      Matrix& hidden = traveller.hidden[i];
      decoder_.final_norm(hidden);
      if (!distorts) return;
      Matrix distorted(hidden.rows(), hidden.cols());
      DistortedInput result =
          distort_input(traveller.trial->lm_head_input(), traveller.trial->seed(), stage_.first + w,
                        windows_.context(), stats_ == StatsMode::all, hidden, distorted);
      problems[i] = std::move(result.problem);
      if (problems[i].empty()) sites[i].push_back(std::move(result.site));
      hidden = std::move(distorted);
    });
    for (const std::string& problem : problems) traveller.note(problem);
    add_in_order(sites, traveller.sites);
  }

  /// Some rows of one window against a part of the vocabulary. slabs: that part of each traveller's
  /// head.
  void score_tile(const std::vector<HeadSlab>& slabs, Index window, Index first_row, Index rows) {
    thread_local Matrix baseline, logits, exps;
    double rescale[kRowTile];
    const auto w = static_cast<std::size_t>(window);
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
        linear(traveller.hidden[w].view().middle_rows(first_row, rows), chunk, {}, out);
        WindowScores& scores = traveller.scores[w];
        if (is_baseline)
          scores.add_baseline(out, first_row, first_token, exps, std::span(rescale, kRowTile));
        else
          scores.add_trial(out, first_row, first_token, baseline, exps,
                           std::span(rescale, kRowTile));
        hooks_.advance(2.0 * static_cast<double>(rows * chunk.in() * chunk.out()));
      }
      first_token += chunk_tokens;
    }
  }

  StageResult leave() {
    StageResult result;
    for (Traveller& traveller : travellers_) {
      LaneResult lane;
      for (Index w = 0; w < window_count() && !traveller.failed(); ++w) {
        const auto i = static_cast<std::size_t>(w);
        lane.windows.push_back(
            traveller.scores[i].sums(stage_.first + w, travellers_.front().scores[i]));
        if (!std::isfinite(lane.windows.back().nll) || !std::isfinite(lane.windows.back().kl))
          traveller.error = fmt::format("logits of window {} are not finite", stage_.first + w);
      }
      lane.error = traveller.error;
      if (traveller.failed()) lane.windows.clear();
      lane.sites = std::move(traveller.sites);
      if (traveller.trial != nullptr)
        result.lanes.push_back(std::move(lane));
      else if (traveller.failed())
        throw_baseline_failure(traveller);
      else
        result.baseline = std::move(lane);
    }
    return result;
  }

  const Decoder& decoder_;
  const TokenWindows& windows_;
  Stage stage_;
  StatsMode stats_;
  const StageHooks& hooks_;
  std::vector<Traveller> travellers_;  ///< the baseline first
};

}  // namespace

StageResult run_stage(const Decoder& decoder, const TokenWindows& windows, Stage stage,
                      const std::vector<Lane>& lanes, StatsMode stats, const StageHooks& hooks) {
  return StageRun(decoder, windows, stage, stats, hooks).run(lanes);
}

}  // namespace nf
