#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

#include "core/model/decoder.h"
#include "eval/plan/model_trial.h"
#include "eval/records/record.h"
#include "eval/run/made_weight.h"

namespace nf {

class CalibrationResults;
class PredictorProbe;

/// The places where weights are distorted: as many at once as the memory budget allows, their
/// memory kept from one to the next (fresh memory costs more than the distortion).
class Workbenches {
 public:
  struct Bench {
    Matrix weight, distorted;
  };
  explicit Workbenches(Index count) : free_(static_cast<std::size_t>(count)), may_take_(count) {}

  /// Gives up the memory of all benches, none of which is taken.
  void release();

  /// Waits for a free bench, and gives it back at the end.
  class Turn {
   public:
    explicit Turn(Workbenches& all);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Bench* operator->() { return &bench_; }

   private:
    Workbenches& all_;
    Bench bench_;
  };

 private:
  std::mutex mutex_;
  std::vector<Bench> free_;
  std::counting_semaphore<> may_take_;
};

/// A weight as some lanes have it.
struct DistortedWeight {
  PackedWeight packed;
  std::vector<SiteStats> sites;  ///< one, or none where nobody asked
  std::string problem;           ///< of a value that is not finite; empty where all are
};

/// distorted <- what the chain makes of a weight, measured where asked. Returns what is wrong with
/// the result, empty where it is finite. integers: takes the scales of what the result consists of,
/// where the chain's linear multiplies integers; else null
std::string distort_weight(const SiteChain& chain, std::uint64_t seed, bool measure, bool complete,
                           ConstMatrixView weight, MatrixView distorted,
                           std::vector<SiteStats>& sites, IntegerScales* integers = nullptr);

/// The distorted weights of one block, each made once for all lanes that have it. No more than one
/// block's worth of them is held: weights beyond that are made again when they are needed again.
class DistortedWeights {
 public:
  /// A weight that a lane wants distorted, or packed for its own rounding.
  struct Request {
    Role role = Role::q_proj;
    Index number = 0;  ///< TrialPath::weights
    const ModelTrial* trial = nullptr;
    WeightKeys keys{};  ///< of a weight that is made of a calibration set
  };

  /// at_once: weights that are distorted at the same time. calibration: where those are that were
  /// made of calibration sets; null where there are none. predictors: measures besides; or null.
  DistortedWeights(const Decoder& decoder, Index at_once, bool complete_stats,
                   const CalibrationResults* calibration = nullptr,
                   PredictorProbe* predictors = nullptr)
      : decoder_(decoder),
        workbenches_(at_once),
        complete_stats_(complete_stats),
        calibration_(calibration),
        predictors_(predictors) {}

  /// Begins a new block. uses: number of groups of lanes that will ask for each (role, number).
  using Uses = std::map<std::pair<Role, Index>, Index>;
  void start(const BlockWeights& weights, Uses uses);
  /// The weights of one group, each made where it is not there yet, by several threads. measure:
  /// gather their statistics. `each` runs pieces of work in parallel. Valid until done().
  std::vector<const DistortedWeight*> get(
      const std::vector<Request>& requests, bool measure,
      const std::function<void(Index, const std::function<void(Index)>&)>& each);
  /// The group has no more use for the weights that it got.
  void done(const std::vector<Request>& requests);
  /// Gives up all memory. Nothing may be held.
  void release();

 private:
  using Key = std::pair<Role, Index>;
  double bytes_of(Role role) const;
  const LinearTensors& linear_of(Role role) const;
  void make(const Request& request, bool measure, DistortedWeight& place);
  /// Makes room for one more weight of that role, giving up spare memory first, then weights that
  /// the group itself does not need.
  void make_room(Role role, const std::vector<Request>& keep);
  void drop(Key key);

  const Decoder& decoder_;
  Workbenches workbenches_;
  bool complete_stats_;
  const CalibrationResults* calibration_;
  PredictorProbe* predictors_;
  const BlockWeights* weights_ = nullptr;
  Uses uses_;
  std::map<Key, DistortedWeight> held_;
  std::map<Role, PackedWeight> spare_;  ///< memory of weights that were dropped
  double bytes_ = 0.0;                  ///< of both
  double most_bytes_ = 0.0;
};

}  // namespace nf
