#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "eval/experiment/kinds.h"

namespace nf {

/// Seconds one call takes.
inline double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return elapsed.count();
}

/// Things to be compared, timed in turn (A B C A B C ...), so that a machine whose speed drifts is
/// fair to all of them; the best of all rounds counts.
class Interleaved {
 public:
  void add(std::string name, std::function<void()> work) {
    cases_.push_back({std::move(name), std::move(work)});
  }
  void run(int rounds) {
    for (int round = 0; round < rounds; ++round)
      for (Case& one : cases_) one.best = std::min(one.best, seconds_of(one.work));
  }
  double best(const std::string& name) const {
    const auto found = std::find_if(cases_.begin(), cases_.end(),
                                    [&](const Case& one) { return one.name == name; });
    return found->best;
  }

 private:
  struct Case {
    std::string name;
    std::function<void()> work;
    double best = std::numeric_limits<double>::infinity();
  };
  std::vector<Case> cases_;
};

/// "CPU, 1 thread, kernels avx512, oneDNN 2.6.3 (avx512_core_vnni)": the line above every table.
std::string machine_line();

/// The distortion of an entry written in YAML without `sites`.
DistortionPtr read_distortion(const Kinds& kinds, const std::string& yaml, SiteTensor tensor);

}  // namespace nf
