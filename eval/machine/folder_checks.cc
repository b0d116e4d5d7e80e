#include "eval/machine/folder_checks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "core/base/byte_text.h"
#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/io/posix_file.h"
#include "core/io/read_file.h"
#include "eval/machine/mount_point.h"

namespace nf {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr double kLittleSpace = 0x1p30, kNoSpace = 0x1p24;  // bytes
constexpr double kMuchSkew = 2.0;                           // seconds
constexpr double kSlowSync = 0.25;                          // seconds a record

std::string shown(const fs::path& path) { return printable(path.string()); }

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The folder itself, or the nearest one above it that is there.
fs::path nearest(const fs::path& folder) {
  std::error_code ignored;
  fs::path path = fs::absolute(folder).lexically_normal();
  while (!fs::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path;
}

/// A folder for the time being, removed with all that is in it.
class TrialFolder {
 public:
  explicit TrialFolder(const fs::path& dir) : path_((dir / ".noisefloor-doctor-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) {
      error_ = std::strerror(errno);
      path_.clear();
    }
  }
  ~TrialFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TrialFolder(const TrialFolder&) = delete;
  TrialFolder& operator=(const TrialFolder&) = delete;

  bool is_there() const { return !path_.empty(); }
  const std::string& error() const { return error_; }  ///< why it is not
  fs::path path() const { return path_; }

 private:
  std::string path_, error_;
};

/// A new file with a line of text, on the disk.
void write_line(const fs::path& path, std::string_view text) {
  PosixFile file(path, O_WRONLY | O_CREAT | O_EXCL);
  file.write(std::as_bytes(std::span(text)));
  file.sync();
  file.close();
}

bool creates_exclusively(const fs::path& dir) {
  write_line(dir / "claim", "1\n");
  const int again = ::open((dir / "claim").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (again >= 0) ::close(again);
  return again < 0 && errno == EEXIST;
}

bool links(const fs::path& dir) {
  write_line(dir / "linked", "1\n");
  if (::link((dir / "linked").c_str(), (dir / "other").c_str()) != 0) return false;
  struct stat status {};
  return ::stat((dir / "linked").c_str(), &status) == 0 && status.st_nlink == 2 &&
         ::link((dir / "linked").c_str(), (dir / "other").c_str()) != 0;
}

bool renames_over(const fs::path& dir) {
  write_line(dir / "old", "old\n");
  write_line(dir / "new", "new\n");
  return ::rename((dir / "new").c_str(), (dir / "old").c_str()) == 0 &&
         read_text_file(dir / "old") == "new\n" && !fs::exists(dir / "new");
}

bool locks(const fs::path& dir) {
  const PosixFile first(dir / "lock", O_RDWR | O_CREAT), second(dir / "lock", O_RDWR);
  if (::flock(first.fd(), LOCK_EX | LOCK_NB) != 0) return false;
  return ::flock(second.fd(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/// Seconds until an appended line is on the disk, the median of a few.
double sync_seconds(const fs::path& dir) {
  PosixFile file(dir / "records", O_WRONLY | O_CREAT | O_APPEND);
  const std::string line(4096, 'x');
  std::vector<double> seconds;
  for (int i = 0; i < 5; ++i) {
    const Clock::time_point start = Clock::now();
    file.write(std::as_bytes(std::span(line)));
    file.sync();
    seconds.push_back(seconds_since(start));
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[2];
}

/// The file system's clock less this machine's, in seconds.
double clock_skew(const fs::path& dir) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double before = now();
  write_line(dir / "touched", "1\n");
  const double after = now();
  struct stat status {};
  if (::stat((dir / "touched").c_str(), &status) != 0) throw_errno(shown(dir), "look into");
  const double there = static_cast<double>(status.st_mtim.tv_sec) +
                       1e-9 * static_cast<double>(status.st_mtim.tv_nsec);
  // Between the two, and a clock's tick before them, nothing is known.
  constexpr double kTick = 0.02;
  if (there > after) return there - after;
  return std::min(0.0, there - (before - kTick));
}

/// The folder's file system, in words and for programs.
MachineCheck describe(const fs::path& folder, const fs::path& dir) {
  MachineCheck check{.what = "folder", .found = shown(folder)};
  check.data["folder"] = byte_text(folder.string());
  if (std::error_code ignored; !fs::exists(folder, ignored))
    check.found += fmt::format(" (not there yet; looked at {})", shown(dir));
  if (const std::optional<MountPoint> mount = mount_point_of(dir)) {
    check.found += ": " + printable(mount->type);
    check.data["file_system"] = mount->type;
    check.data["shared"] = mount->is_shared();
    if (mount->has_option("nolock") || mount->has_option("local_lock=all")) {
      check.verdict = Verdict::note;
      check.advice =
          "locks are of each machine alone (mount option nolock): two commands `run` on two "
          "machines would not notice each other; workers go by claim files and do";
    }
    if (mount->type == "tmpfs" || mount->type == "ramfs")
      check = {check.what, check.found, Verdict::note,
               "lies in memory: gone when the machine or its job ends, and other machines do not "
               "see it",
               check.data};
  }
  return check;
}

void note_space(const fs::path& dir, MachineCheck& check) {
  struct statvfs space {};
  if (::statvfs(dir.c_str(), &space) != 0 || space.f_blocks == 0) return;  // /proc has no blocks
  const double free = static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize);
  check.found += fmt::format(", {} free", gibibytes(free));
  check.data["free_bytes"] = free;
  if (space.f_files > 0) check.data["free_files"] = static_cast<Index>(space.f_favail);
  const bool no_files = space.f_files > 0 && space.f_favail < 16;
  if (free < kNoSpace || no_files) {
    check.verdict = Verdict::change;
    check.advice = no_files
                       ? "no more files can be made there: remove some, or choose another folder"
                       : "is full: make room, or choose another folder";
  } else if (free < kLittleSpace && check.advice.empty()) {
    check.verdict = Verdict::note;
    check.advice = "little space is left";
  }
}

MachineCheck clock_check(const fs::path& dir) {
  const double skew = clock_skew(dir);
  MachineCheck check{.what = "clock", .data = {{"skew_seconds", skew}}};
  if (std::abs(skew) < kMuchSkew) {
    check.found = "the file system's agrees with this machine's";
    return check;
  }
  check.found = fmt::format("the file system's is {:.0f} s {} this machine's", std::abs(skew),
                            skew > 0 ? "before" : "behind");
  check.verdict = Verdict::note;
  check.advice =
      "claims go by the file system's clock alone, so nothing is wrong; times in logs "
      "of this machine are off";
  return check;
}

MachineCheck claims_check(const fs::path& dir) {
  const std::pair<const char*, std::function<bool(const fs::path&)>> tries[] = {
      {"exclusive creation", creates_exclusively},
      {"hard links", links},
      {"renaming", renames_over},
      {"locks", locks}};
  MachineCheck check{.what = "claims"};
  std::vector<std::string> works, fails;
  for (const auto& [name, work] : tries) {
    bool good = false;
    try {
      good = work(dir);
    } catch (const DataError& error) {
      check.data["error"] = byte_text(error.what());
    }
    check.data[name] = good;
    (good ? works : fails).emplace_back(name);
  }
  const double seconds = sync_seconds(dir);
  check.data["sync_seconds"] = seconds;
  check.found = fmt::format("{} work{}; a record is on the disk after {:.1f} ms",
                            works.empty() ? "none" : fmt::format("{}", fmt::join(works, ", ")),
                            fails.empty() ? "" : fmt::format(", {} not", fmt::join(fails, ", ")),
                            1000.0 * seconds);
  const auto lacks = [&](const char* name) { return !check.data.at(name).get<bool>(); };
  if (lacks("renaming") || lacks("locks") || (lacks("exclusive creation") && lacks("hard links"))) {
    check.verdict = Verdict::change;
    check.advice =
        "several workers cannot share this folder: choose one on NFS 4, Lustre, GPFS, "
        "BeeGFS or a disk, mounted with locks";
  } else if (seconds > kSlowSync) {
    check.verdict = Verdict::note;
    check.advice = "slow: `--save-every 5m` appends fewer records";
  }
  return check;
}

}  // namespace

std::vector<MachineCheck> folder_checks(const fs::path& folder) {
  const fs::path dir = nearest(folder);
  MachineCheck first = describe(folder, dir);
  std::error_code ignored;
  if (!fs::is_directory(dir, ignored)) {
    first.verdict = Verdict::change;
    first.advice = fmt::format("{} is no folder: choose another", shown(dir));
    return {first};
  }
  note_space(dir, first);
  std::vector<MachineCheck> checks;
  std::string problem;
  {
    const TrialFolder trial(dir);
    problem = trial.error();
    try {
      if (trial.is_there()) {
        checks.push_back(claims_check(trial.path()));
        checks.push_back(clock_check(trial.path()));
      }
    } catch (const DataError& error) {  // full, say
      problem = error.what();
    }
  }
  if (!problem.empty()) {
    first.verdict = Verdict::change;
    first.found += ", cannot be written to: " + problem;
    if (first.data.value("free_bytes", kLittleSpace) >= kNoSpace)
      first.advice = "choose a folder that this user can write to, on every node";
  }
  first.data["writable"] = problem.empty();
  checks.insert(checks.begin(), first);
  return checks;
}

}  // namespace nf
