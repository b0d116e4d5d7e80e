#include "eval/batch/shard_claim.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "core/io/exclusive_file.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr const char* kReleased = ".released";
constexpr const char* kClaim = ".json";

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{1'000'000'000} * time.tv_sec + time.tv_nsec;
}

/// Opens the file for its mtime: a network file system asks its server then.
std::optional<std::int64_t> mtime_of(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  struct stat status {};
  const bool known = ::fstat(fd, &status) == 0;
  ::close(fd);
  if (!known) return std::nullopt;
  return nanoseconds(status.st_mtim);
}

std::int64_t clock_of(const fs::path& dir) {
  const fs::path file = dir / fmt::format(".clock-{}", ::getpid());
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  struct stat status {};
  bool known = false;
  if (fd >= 0) {
    // A name that another machine's process left, or holds, has an older time.
    known = ::futimens(fd, nullptr) == 0 && ::fstat(fd, &status) == 0;
    ::close(fd);
    ::unlink(file.c_str());
  }
  if (known) return nanoseconds(status.st_mtim);
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

/// WORK and K of "WORK.K" in front of `ending`.
std::optional<std::pair<std::string, Index>> parts_of(std::string_view name,
                                                      std::string_view ending) {
  if (!name.ends_with(ending)) return std::nullopt;
  name.remove_suffix(ending.size());
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  Index attempt = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + dot + 1, end, attempt);
  if (read.ec != std::errc{} || read.ptr != end || attempt < 1) return std::nullopt;
  return std::pair(std::string(name.substr(0, dot)), attempt);
}

}  // namespace

fs::path claim_file(const fs::path& dir, const std::string& work, Index attempt) {
  return dir / fmt::format("{}.{}{}", work, attempt, kClaim);
}

void release_claim(const fs::path& dir, const std::string& work, Index attempt) {
  create_exclusively(dir / fmt::format("{}.{}{}", work, attempt, kReleased), "");
}

ClaimStates read_claims(const fs::path& dir) {
  ClaimStates claims;
  std::map<std::string, Index> released;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir)) {
    const std::string name = entry.path().filename().string();
    if (const auto claim = parts_of(name, kClaim)) {
      Index& attempt = claims[claim->first].attempt;
      attempt = std::max(attempt, claim->second);
    } else if (const auto end = parts_of(name, kReleased)) {
      Index& attempt = released[end->first];
      attempt = std::max(attempt, end->second);
      Index& known = claims[end->first].attempt;  // its claim may have been removed
      known = std::max(known, end->second);
    }
  }
  bool is_some_open = false;
  for (auto& [work, claim] : claims) {
    claim.is_released = released[work] >= claim.attempt;
    if (claim.is_released) continue;
    is_some_open = true;
    claim.sign = mtime_of(claim_file(dir, work, claim.attempt)).value_or(0);
  }
  if (!is_some_open) return claims;
  const std::int64_t now = clock_of(dir);
  for (auto& [work, claim] : claims) claim.age = 1e-9 * static_cast<double>(now - claim.sign);
  return claims;
}

std::unique_ptr<ShardClaim> ShardClaim::take(const fs::path& dir, const std::string& work,
                                             Index attempt, double lease, const std::string& text) {
  if (!create_exclusively(claim_file(dir, work, attempt), text)) return nullptr;
  return std::unique_ptr<ShardClaim>(new ShardClaim(dir, work, attempt, lease));
}

ShardClaim::ShardClaim(fs::path dir, std::string work, Index attempt, double lease)
    : dir_(std::move(dir)),
      work_(std::move(work)),
      attempt_(attempt),
      seconds_(lease / kSignsPerLease),
      thread_([this] { beat(); }) {}

ShardClaim::~ShardClaim() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ShardClaim::at_each_sign(std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  call_ = std::move(call);
}

void ShardClaim::beat() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, std::chrono::duration<double>(seconds_),
                            [this] { return is_ending_; })) {
    give_sign();
    if (call_) call_();
  }
}

void ShardClaim::give_sign() {
  const fs::path file = claim_file(dir_, work_, attempt_);
  // The time is that of the file system. What fails for a moment is tried again at the next sign.
  if (::utimensat(AT_FDCWD, file.c_str(), nullptr, 0) != 0 && errno == ENOENT) is_lost_ = true;
  std::error_code ignored;
  if (fs::exists(claim_file(dir_, work_, attempt_ + 1), ignored)) is_lost_ = true;
}

bool ClaimWatch::is_dead(const std::string& work, const ClaimState& claim) {
  const Clock::time_point now = Clock::now();
  Seen& seen = seen_[work];
  if (seen.attempt != claim.attempt || seen.sign != claim.sign)
    seen = {.attempt = claim.attempt, .sign = claim.sign, .since = now};
  const double watched = std::chrono::duration<double>(now - seen.since).count();
  return watched >= lease_ || (claim.age > lease_ && watched >= lease_ / 3.0);
}

bool ClaimWatch::is_silent(const std::string& work, const ClaimState& claim) const {
  constexpr double kOverdue = 3.0;  // signs
  if (claim.age > lease_ * kOverdue / kSignsPerLease) return true;
  const auto seen = seen_.find(work);
  return seen != seen_.end() && seen->second.sign == claim.sign &&
         std::chrono::duration<double>(Clock::now() - seen->second.since).count() >
             lease_ * kOverdue / kSignsPerLease;
}

}  // namespace nf
