#include "core/base/parallel.h"

#include <omp.h>

#include <atomic>
#include <exception>
#include <mutex>

#include "core/base/check.h"

namespace nf {
namespace {

std::atomic<int> chosen_threads{0};

}  // namespace

void set_thread_count(Index count) {
  NF_CHECK(count >= 0 && count <= 4096, "{} threads", count);
  chosen_threads = static_cast<int>(count);
}

Index thread_count() { return chosen_threads > 0 ? chosen_threads.load() : omp_get_num_procs(); }

void parallel_for(Index count, const std::function<void(Index)>& body) {
  if (omp_in_parallel() || thread_count() == 1 || count == 1) {
    for (Index i = 0; i < count; ++i) body(i);
    return;
  }
  std::atomic<bool> failed{false};
  std::exception_ptr first;
  std::mutex first_mutex;
#pragma omp parallel for schedule(dynamic, 1) num_threads(static_cast <int>(thread_count()))
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
