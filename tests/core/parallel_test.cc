#include "core/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

TEST(ParallelFor, CallsEveryIndexExactlyOnce) {
  for (const Index threads : {1, 2, 5})
    for (const Index count : {0, 1, 2, 7, 1000}) {
      const Threads guard(threads);
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count) + 1);
      parallel_for(count, [&](Index i) { ++calls[static_cast<std::size_t>(i)]; });
      for (Index i = 0; i < count; ++i)
        EXPECT_EQ(calls[static_cast<std::size_t>(i)], 1) << i << " of " << count;
      EXPECT_EQ(calls.back(), 0);
    }
}

TEST(ParallelFor, UsesTheThreadsItWasGiven) {
  const Threads guard(3);
  EXPECT_EQ(thread_count(), 3);
  // Each body waits until all three run: only three threads at once get through.
  std::atomic<int> running{0};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  parallel_for(3, [&](Index) {
    ++running;
    while (running < 3 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  });
  EXPECT_EQ(running, 3);
  EXPECT_LT(std::chrono::steady_clock::now(), deadline);
}

TEST(ParallelFor, StartsNoMoreThreadsThanTheMachineCanUse) {
  const Threads guard(std::numeric_limits<int>::max());  // OpenMP's runtime dies of as many
  std::mutex mutex;
  std::set<std::thread::id> threads;
  Index calls = 0;
  parallel_for(20'000, [&](Index) {
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
    ++calls;
  });
  EXPECT_EQ(calls, 20'000);
  EXPECT_LE(std::ssize(threads), most_threads());
}

TEST(ParallelFor, OneThreadGoesInOrderInTheCaller) {
  const Threads guard(1);
  std::vector<Index> order;
  std::set<std::thread::id> threads;
  parallel_for(4, [&](Index i) {
    order.push_back(i);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(order, (std::vector<Index>{0, 1, 2, 3}));
  EXPECT_EQ(threads, std::set<std::thread::id>{std::this_thread::get_id()});
}

TEST(ParallelFor, ThrowsAgainWhatABodyThrew) {
  for (const Index threads : {1, 4}) {
    const Threads guard(threads);
    try {
      parallel_for(100, [](Index i) {
        if (i == 37) throw DataError("window 37 is bad");
      });
      ADD_FAILURE() << "nothing thrown by " << threads << " threads";
    } catch (const DataError& error) {
      EXPECT_STREQ(error.what(), "window 37 is bad");
    }
  }
}

TEST(ParallelFor, ManyExceptionsBecomeOne) {
  const Threads guard(4);
  EXPECT_THROW(parallel_for(64, [](Index) { throw std::runtime_error("each"); }),
               std::runtime_error);
  std::atomic<int> calls{0};  // and the next loop runs as if nothing had been
  parallel_for(64, [&](Index) { ++calls; });
  EXPECT_EQ(calls, 64);
}

TEST(ParallelFor, AnExceptionStopsTheHandingOut) {
  const Threads guard(2);
  std::atomic<int> calls{0};
  const Index count = 1'000'000;
  EXPECT_THROW(parallel_for(count,
                            [&](Index) {
                              ++calls;
                              throw std::runtime_error("at once");
                            }),
               std::runtime_error);
  EXPECT_LE(calls, 2);  // at most one body a thread was under way
}

TEST(ParallelFor, NestedCallsRunInTheCallingThread) {
  const Threads guard(4);
  std::mutex mutex;
  std::vector<int> calls(20);
  bool moved = false;
  parallel_for(4, [&](Index outer) {
    const std::thread::id here = std::this_thread::get_id();
    parallel_for(5, [&](Index inner) {
      const std::lock_guard lock(mutex);
      ++calls[static_cast<std::size_t>(outer * 5 + inner)];
      moved = moved || std::this_thread::get_id() != here;
    });
  });
  EXPECT_FALSE(moved);
  EXPECT_EQ(calls, std::vector<int>(20, 1));
}

TEST(ParallelFor, AnExceptionPassesThroughNestedCalls) {
  const Threads guard(3);
  EXPECT_THROW(
      parallel_for(3, [](Index) { parallel_for(3, [](Index) { throw DataError("inside"); }); }),
      DataError);
}

TEST(ThreadCount, ZeroMeansAllAndNegativeIsOurBug) {
  set_thread_count(0);
  EXPECT_GE(thread_count(), 1);
  EXPECT_THROW(set_thread_count(-1), InternalError);
  EXPECT_GE(thread_count(), 1);
}

}  // namespace
}  // namespace nf
