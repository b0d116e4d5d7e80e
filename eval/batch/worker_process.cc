#include "eval/batch/worker_process.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/base/byte_text.h"
#include "core/base/error.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return byte_text(name.data());
}

/// The boot and the namespace within which a process's number means one process.
std::string system_name() {
  std::error_code error;
  const std::filesystem::path space = std::filesystem::read_symlink("/proc/self/ns/pid", error);
  if (error) return {};
  try {
    std::string boot = read_text_file("/proc/sys/kernel/random/boot_id");
    while (!boot.empty() && boot.back() == '\n') boot.pop_back();
    return boot + " " + space.string();
  } catch (const Error&) {
    return {};
  }
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The rank that a launcher gave, the innermost first: mpirun within a job hands on the job's own.
std::string process_rank() {
  for (const char* name :
       {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "PARALLEL_SEQ", "SLURM_PROCID"})
    if (std::string rank = variable(name); !rank.empty()) return rank;
  return {};
}

/// JOB_TASK of an array or JOB of Slurm; empty elsewhere.
std::string slurm_task() {
  const std::string array = variable("SLURM_ARRAY_JOB_ID"), task = variable("SLURM_ARRAY_TASK_ID");
  return byte_text(!array.empty() && !task.empty() ? array + "_" + task : variable("SLURM_JOB_ID"));
}

/// How often Slurm has started this job again.
int slurm_restarts() {
  const std::string text = variable("SLURM_RESTART_COUNT");
  int count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

/// Whether a process has ended and nobody has asked how: in a container whose first process does
/// not wait for orphans it stays so for ever. /proc/ID/stat is "ID (NAME) STATE ...".
bool is_zombie(pid_t id) {
  try {
    const std::string stat = read_text_file("/proc/" + std::to_string(id) + "/stat");
    const std::size_t name_end = stat.rfind(") ");
    return name_end != std::string::npos && stat.substr(name_end + 2, 1) == "Z";
  } catch (const Error&) {
    return false;
  }
}

/// Whether a note is of an earlier start of the job that this process belongs to.
bool is_of_earlier_start(const Json& note) {
  const auto job = note.find("job"), restarts = note.find("restarts");
  return job != note.end() && restarts != note.end() && job->is_string() &&
         restarts->is_number_integer() && !slurm_task().empty() &&
         job->get<std::string>() == slurm_task() && restarts->get<int>() < slurm_restarts();
}

}  // namespace

void note_process(Json& note) {
  note["host"] = host_name();
  note["process"] = ::getpid();
  note["system"] = system_name();
  if (slurm_task().empty()) return;
  note["job"] = slurm_task();
  note["restarts"] = slurm_restarts();
}

std::optional<bool> process_lives(const Json& note) {
  if (!note.is_object()) return std::nullopt;
  if (is_of_earlier_start(note)) return false;
  if (!note.contains("process") || !note.contains("system")) return std::nullopt;
  const Json &process = note["process"], &system = note["system"];
  if (!process.is_number_integer() || !system.is_string() || system.get<std::string>().empty() ||
      system.get<std::string>() != system_name())
    return std::nullopt;
  const pid_t id = process.get<pid_t>();
  return id > 0 && (::kill(id, 0) == 0 || errno != ESRCH) && !is_zombie(id);
}

std::string process_name() {
  std::string name = slurm_task();
  if (!name.empty()) {
    if (const std::string step = variable("SLURM_STEP_ID"); !step.empty())
      name += " step " + byte_text(step);
    if (const std::string rank = process_rank(); !rank.empty()) name += " rank " + byte_text(rank);
    name += ' ';
  }
  return fmt::format("{}{}:{}", name, host_name(), ::getpid());
}

}  // namespace nf
