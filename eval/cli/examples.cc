#include "eval/cli/examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <system_error>

#include "core/base/error.h"
#include "core/base/suggest.h"
#include "eval/output/short_list.h"
#include "eval/output/standard_streams.h"
#include "eval/records/file_names.h"

namespace nf {
namespace {

constexpr const char* kExtension = ".yaml";
constexpr const char* kTemplates = "templates";  ///< of `new`: they have gaps

bool is_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) && !std::filesystem::is_directory(path, ignored);
}

/// The advice for a folder in the place of an experiment.
std::string folder_hint(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / kManifest))
    return fmt::format(
        "is a run folder, not an experiment; 'noisefloor show {}' prints it, and 'noisefloor run "
        "EXPERIMENT.yaml --out {}' goes on with it",
        folder.string(), folder.string());
  std::vector<std::string> files;
  for (const std::filesystem::directory_entry& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == kExtension) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files.empty() ? "is a folder, and holds no .yaml file"
                       : "is a folder; in it is " + short_list(files, ", ", "files");
}

}  // namespace

Examples Examples::installed() {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return Examples(program.parent_path().parent_path() / "share" / "noisefloor" / "configs");
}

std::vector<std::string> Examples::names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_, error)) {
    const auto path = entry.path().lexically_relative(dir_);
    if (path.extension() == kExtension && *path.begin() != kTemplates)
      names.push_back((path.parent_path() / path.stem()).generic_string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void Examples::refuse_missing(const std::string& word) const {
  const std::filesystem::path path = word;
  if (path.extension() == kExtension && find(path.parent_path() / path.stem()))
    throw ConfigError(fmt::format("{}: no such file; '{}' is the example of that name", word,
                                  (path.parent_path() / path.stem()).string()));
  const std::vector<std::string> all = names();
  if (path.has_extension() || path.is_absolute() || all.empty()) return;
  const std::string meant = did_you_mean(word, all);
  const std::string folder = path.parent_path().string() + "/";
  std::vector<std::string> beside;
  std::copy_if(all.begin(), all.end(), std::back_inserter(beside),
               [&folder](const std::string& name) { return name.starts_with(folder); });
  const std::vector<std::string>& near = beside.empty() ? all : beside;
  throw ConfigError(
      fmt::format("{}: no such file, and no example{}", word,
                  meant.empty() ? "; known: " + short_list(near, ", ", "examples") : meant));
}

std::optional<std::filesystem::path> Examples::find(const std::string& name) const {
  const std::vector<std::string> all = names();
  std::filesystem::path file = dir_ / (name + kExtension);
  if (std::find(all.begin(), all.end(), name) == all.end() || !is_file(file)) return std::nullopt;
  return file;
}

std::filesystem::path Examples::file(const std::string& word) const {
  const std::filesystem::path path = word;
  if (is_file(path)) return path;
  if (auto example = find(word)) return *std::move(example);
  if (path.filename() != path) {
    if (!std::filesystem::exists(path)) refuse_missing(word);
    return path;
  }
  if (path.extension() == kExtension && find(path.stem()))
    throw ConfigError(fmt::format("{}: no such file; '{}' is the example of that name", word,
                                  path.stem().string()));
  if (path.has_extension() || std::filesystem::exists(path)) return path;
  const std::vector<std::string> all = names();
  throw ConfigError(fmt::format("{}: no such file, and no example{}", word,
                                all.empty() ? " of that name" : suggestion(word, all)));
}

std::string experiment_file(const CommandLine& line) {
  const std::string word = line.text("EXPERIMENT.yaml");
  std::string file = Examples::installed().file(word).string();
  if (std::filesystem::is_directory(file))
    throw ConfigError(fmt::format("{}: {}", file, folder_hint(file)));
  if (file != word && !line.has("quiet")) print_err("example: {}\n", file);
  return file;
}

}  // namespace nf
