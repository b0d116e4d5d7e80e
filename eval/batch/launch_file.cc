#include "eval/batch/launch_file.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

constexpr Launcher kLaunchers[] = {Launcher::slurm, Launcher::parallel, Launcher::shell};

SubmittedJob job_of(const Json& json) {
  return {.id = json.at("id"),
          .cluster = json.value("cluster", ""),
          .offset = json.at("offset"),
          .tasks = json.value("tasks", ""),
          .is_merging = json.value("merges", false)};
}

Json json_of(const SubmittedJob& job) {
  Json json = {{"id", job.id}, {"offset", job.offset}, {"tasks", job.tasks}};
  if (!job.cluster.empty()) json["cluster"] = job.cluster;
  if (job.is_merging) json["merges"] = true;
  return json;
}

LaunchFile launch_of(const Json& json) {
  LaunchFile file;
  for (const Launcher launcher : kLaunchers)
    if (json.at("launcher") == launcher_name(launcher)) file.launcher = launcher;
  file.threads = json.at("threads");
  file.memory = json.at("memory");
  file.minutes = json.at("minutes");
  file.requeues = json.at("requeues");
  file.record_bytes = json.value("record_bytes", 0.0);  // 0: of an earlier version
  if (json.contains("at_once")) file.at_once = json.at("at_once").get<Index>();
  file.options = json.at("options").get<std::vector<std::string>>();
  for (const Json& job : json.at("jobs")) file.jobs.push_back(job_of(job));
  return file;
}

}  // namespace

const char* launcher_name(Launcher launcher) {
  switch (launcher) {
    case Launcher::parallel:
      return "parallel";
    case Launcher::shell:
      return "shell";
    default:
      return "slurm";
  }
}

Json LaunchFile::to_json() const {
  Json json = {{"launcher", launcher_name(launcher)},
               {"threads", threads},
               {"memory", memory},
               {"minutes", minutes},
               {"record_bytes", record_bytes},
               {"requeues", requeues}};
  if (at_once) json["at_once"] = *at_once;
  json["options"] = options;
  json["jobs"] = Json::array();
  for (const SubmittedJob& job : jobs) json["jobs"].push_back(json_of(job));
  return json;
}

LaunchFile LaunchFile::read(const std::filesystem::path& batch) {
  const std::filesystem::path file = batch / kLaunch;
  try {
    return launch_of(Json::parse(read_text_file(file)));
  } catch (const Json::exception&) {
    throw DataError(fmt::format(
        "{}: is damaged; without it nobody knows which jobs were submitted (remove it, and "
        "`noisefloor resubmit` begins a new one)",
        file.string()));
  }
}

void LaunchFile::write(const std::filesystem::path& batch) const {
  write_file_atomically(batch / kLaunch,
                        to_json().dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace nf
