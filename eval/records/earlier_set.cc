#include "eval/records/earlier_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/io/read_file.h"
#include "eval/records/file_names.h"
#include "eval/records/run_manifest.h"

namespace nf {
namespace {

/// "--set a=1 --set b=2": those of `set` that `other` has not.
std::string options_beyond(const std::vector<std::string>& set,
                           const std::vector<std::string>& other) {
  std::string text;
  for (const std::string& one : set)
    if (std::find(other.begin(), other.end(), one) == other.end())
      text += fmt::format("{}--set {}", text.empty() ? "" : " ", printable(one));
  return text;
}

/// "with --set a=1, which this command has not", and so on.
std::string difference(const std::vector<std::string>& was, const std::vector<std::string>& is) {
  const std::string gone = options_beyond(was, is), added = options_beyond(is, was);
  if (gone.empty() && added.empty()) return "with its --set in another order";
  if (added.empty()) return fmt::format("with {}, which this command has not", gone);
  if (gone.empty()) return fmt::format("without {}, which this command has", added);
  return fmt::format("with {}, this command has {}", gone, added);
}

/// The lines of resolved.yaml but for what is gathered, of which a run tells by itself what is
/// missing in its folder.
std::string what_is_run(const std::string& resolved) {
  std::istringstream lines(resolved);
  std::string text;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("stats:") && !line.starts_with("detail:") && !line.starts_with("floor:"))
      text += line + '\n';
  return text;
}

}  // namespace

void check_earlier_set(const std::filesystem::path& dir, const std::vector<std::string>& set,
                       const std::string& resolved) {
  if (!std::filesystem::exists(dir / kManifest)) return;
  const RunManifest manifest = read_manifest(dir / kManifest);
  const auto noted = manifest.about.find("set");
  if (noted == manifest.about.end() || !noted->is_array()) return;
  std::vector<std::string> was;
  for (const Json& one : *noted)
    if (one.is_string()) was.push_back(one.get<std::string>());
  if (was == set) return;
  // What was set may stand in the file by now, or change no figure, as `memory` does.
  if (std::filesystem::exists(dir / kResolved) &&
      what_is_run(read_text_file(dir / kResolved)) == what_is_run(resolved))
    return;
  throw ConfigError(
      fmt::format("{}: was begun {}: say the same, choose another --out folder, or, where models "
                  "and data stay the "
                  "same, say --any-set to go on",
                  dir.string(), difference(was, set)));
}

}  // namespace nf
