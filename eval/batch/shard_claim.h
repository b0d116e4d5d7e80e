#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/base/types.h"

namespace nf {

/// How often a worker gives a sign of life, in parts of a lease.
inline constexpr double kSignsPerLease = 10.0;

/// The latest attempt at a piece of work, as files show it.
struct ClaimState {
  Index attempt = 0;  ///< 0: none
  bool is_released = false;
  std::int64_t sign = 0;  ///< last sign of life: the file's mtime, nanoseconds
  double age = 0.0;       ///< seconds since then, on the file system's clock
};

/// The claims in a folder by the name of the work, "3" or "merge".
using ClaimStates = std::map<std::string, ClaimState>;

/// Reads the state of all claims. The present is the mtime of a file that is made there for the
/// purpose, for clocks of machines differ; where none can be made, this machine's clock.
ClaimStates read_claims(const std::filesystem::path& dir);
/// DIR/WORK.K.json
std::filesystem::path claim_file(const std::filesystem::path& dir, const std::string& work,
                                 Index attempt);

/// Ends an attempt, of this process or of one that lives no more: the work is free at once.
void release_claim(const std::filesystem::path& dir, const std::string& work, Index attempt);

/// A piece of work that one worker holds. Attempts at it are numbered, and one of several processes
/// can make the file of a number, so no claim is ever taken away from under its name. A thread
/// renews the mtime; it sees, too, where another worker believed this one dead and has begun the
/// next attempt.
class ShardClaim {
 public:
  /// Takes attempt `attempt`, if nobody has: text is for people. Throws DataError where the folder
  /// cannot be written.
  static std::unique_ptr<ShardClaim> take(const std::filesystem::path& dir, const std::string& work,
                                          Index attempt, double lease, const std::string& text);
  ~ShardClaim();
  ShardClaim(const ShardClaim&) = delete;
  ShardClaim& operator=(const ShardClaim&) = delete;

  Index attempt() const { return attempt_; }
  /// Whether another worker has the work now, or the claim was removed.
  bool is_lost() const { return is_lost_; }
  /// Something to do beside each sign of life, in the claim's thread.
  void at_each_sign(std::function<void()> call);
  /// Ends the attempt: the work is free for others at once.
  void release() { release_claim(dir_, work_, attempt_); }

 private:
  ShardClaim(std::filesystem::path dir, std::string work, Index attempt, double lease);

  void beat();
  void give_sign();

  std::filesystem::path dir_;
  std::string work_;
  Index attempt_;
  double seconds_;  ///< between two signs
  std::atomic<bool> is_lost_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;
  std::function<void()> call_{};
  std::thread thread_;
};

/// Watches claims of others for signs of life by this machine's steady clock, beside what the file
/// system's clock says: a file system may take mtimes from the machines that write.
class ClaimWatch {
 public:
  explicit ClaimWatch(double lease) : lease_(lease) {}

  /// Looks at a claim that is not released. True: its worker is dead, for it let a lease pass on
  /// the file system's clock and gave no sign while this watch looked for a third of one; or gave
  /// none for a whole lease while this watch looked.
  bool is_dead(const std::string& work, const ClaimState& claim);
  /// Whether signs of life are overdue, so that it is worth while to wait and see.
  bool is_silent(const std::string& work, const ClaimState& claim) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Seen {
    Index attempt = 0;
    std::int64_t sign = 0;
    Clock::time_point since{};
  };
  double lease_;
  std::map<std::string, Seen> seen_;
};

}  // namespace nf
