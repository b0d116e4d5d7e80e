#include "eval/records/source_note.h"

#include <fmt/format.h>

#include "core/base/byte_text.h"
#include "core/base/error.h"

namespace nf {
namespace {

const Json& noted(const Json& about, const std::filesystem::path& file, const char* key,
                  bool is_list) {
  const auto found = about.find(key);
  if (found == about.end() || !(is_list ? found->is_array() : found->is_string()))
    throw DataError(fmt::format("{}: {}: expected {}", file.string(), key,
                                is_list ? "a list of texts" : "a text"));
  return *found;
}

}  // namespace

void note_source(Json& about, const ExperimentSource& source) {
  about["experiment_dir"] = byte_text(source.directory);
  about["set"] = source.set;
  about["set_dir"] = byte_text(source.set_directory);
}

ExperimentSource noted_source(const Json& about, const std::filesystem::path& file,
                              const std::string& text, const std::string& name) {
  const auto directory = [&](const char* key) {
    return bytes_of_text(noted(about, file, key, false).get<std::string>());
  };
  ExperimentSource source{.text = text,
                          .name = name,
                          .directory = directory("experiment_dir"),
                          .set_directory = directory("set_dir")};
  for (const Json& assignment : noted(about, file, "set", true)) {
    if (!assignment.is_string())
      throw DataError(fmt::format("{}: set: expected a list of texts", file.string()));
    source.set.push_back(assignment.get<std::string>());
  }
  return source;
}

}  // namespace nf
