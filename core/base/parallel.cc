#include "core/base/parallel.h"

#include <omp.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fstream>
#include <limits>
#include <mutex>
#include <optional>

#include "core/base/check.h"
#include "core/base/control_groups.h"
#include "core/base/number_in_file.h"

namespace nf {
namespace {

std::atomic<int> chosen_threads{0};

/// Microseconds of CPU that a group has in each of its periods, as cores; nullopt: no limit. Both
/// versions, docs.kernel.org: scheduler/sched-bwc, admin-guide/cgroup-v2 (cpu.max).
std::optional<double> quota_of(const ControlGroup& group) {
  std::optional<double> quota, period;
  if (group.is_version_2) {
    std::ifstream in(group.dir / "cpu.max");
    double a = 0.0, b = 0.0;
    if (in >> a >> b) quota = a, period = b;  // "max PERIOD": no limit
  } else {
    quota = number_in(group.dir / "cpu.cfs_quota_us");  // -1: no limit
    period = number_in(group.dir / "cpu.cfs_period_us");
  }
  if (!quota || !period || *quota <= 0.0 || *period <= 0.0) return std::nullopt;
  return *quota / *period;
}

}  // namespace

Index machine_cores() { return std::max<Index>(1, ::sysconf(_SC_NPROCESSORS_ONLN)); }

Index most_threads() { return 4 * machine_cores(); }

Index usable_threads(const std::filesystem::path& root) {
  // The runtime counts the affinity mask; OMP_NUM_THREADS is what its own setting began with.
  static const Index from_environment = omp_get_max_threads();
  Index threads = std::min<Index>(
      {omp_get_num_procs(), from_environment, static_cast<Index>(omp_get_thread_limit())});
  for (const ControlGroup& group : control_groups("cpu", root))
    if (const std::optional<double> quota = quota_of(group))
      threads = std::min(threads, static_cast<Index>(std::min(std::ceil(*quota), 1e6)));
  return std::max<Index>(1, threads);
}

void set_thread_count(Index count) {
  NF_CHECK(count >= 0 && count <= std::numeric_limits<int>::max(), "{} threads", count);
  chosen_threads = static_cast<int>(count);
}

Index thread_count() {
  static const Index usable = usable_threads();  // what it leaves is asked once: files are read
  return chosen_threads > 0 ? Index{chosen_threads} : usable;
}

void parallel_for(Index count, const std::function<void(Index)>& body) {
  if (omp_in_parallel() || thread_count() == 1 || count == 1) {
    for (Index i = 0; i < count; ++i) body(i);
    return;
  }
  std::atomic<bool> failed{false};
  std::exception_ptr first;
  std::mutex first_mutex;
  // A plan for another machine may count more threads than this one can start.
  const auto threads = static_cast<int>(std::min(thread_count(), most_threads()));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
  for (Index i = 0; i < count; ++i) {
    if (failed) continue;
    try {
      body(i);
    } catch (...) {
      const std::lock_guard lock(first_mutex);
      if (!first) first = std::current_exception();
      failed = true;
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace nf
