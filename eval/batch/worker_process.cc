#include "eval/batch/worker_process.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
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

}  // namespace

void note_process(Json& note) {
  note["host"] = host_name();
  note["process"] = ::getpid();
  note["system"] = system_name();
}

std::optional<bool> process_lives(const Json& note) {
  if (!note.is_object() || !note.contains("process") || !note.contains("system"))
    return std::nullopt;
  const Json &process = note["process"], &system = note["system"];
  if (!process.is_number_integer() || !system.is_string() || system.get<std::string>().empty() ||
      system.get<std::string>() != system_name())
    return std::nullopt;
  const pid_t id = process.get<pid_t>();
  return id > 0 && (::kill(id, 0) == 0 || errno != ESRCH);
}

std::string process_name() {
  const std::string array = variable("SLURM_ARRAY_JOB_ID"), task = variable("SLURM_ARRAY_TASK_ID");
  const std::string job = variable("SLURM_JOB_ID"), rank = process_rank();
  const std::string task_name = !array.empty() && !task.empty() ? array + "_" + task : job;
  if (!task_name.empty()) return byte_text(task_name + (rank.empty() ? "" : " " + rank));
  return fmt::format("{}:{}", host_name(), ::getpid());
}

}  // namespace nf
