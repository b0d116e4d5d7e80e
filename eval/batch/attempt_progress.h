#pragma once

#include <atomic>
#include <filesystem>

namespace nf {

/// How far an attempt at a shard has come, as a file in its folder says it: progress.json. It is a
/// help for people who look on: one that is missing or cannot be written is no error.
class AttemptProgress {
 public:
  explicit AttemptProgress(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// The share of the attempt's work that is done, 0 to 1. From any thread.
  void note(double share) { share_ = share; }
  /// Writes the file where the share has grown by a hundredth.
  void write();

 private:
  std::filesystem::path folder_;
  std::atomic<double> share_ = 0.0;
  double written_ = 0.0;
};

/// The share that the file in an attempt's folder says; 0 where there is none.
double read_progress(const std::filesystem::path& folder);

}  // namespace nf
