#include "eval/experiment/missing_model.h"

#include <fmt/format.h>

#include <algorithm>

namespace nf {
namespace {

/// "facebook/opt-125m": how the Hub calls a model, and no path that says of itself that it is one.
bool is_hub_name(const std::string& written) {
  const auto is_in_name = [](char c) {
    return c == '-' || c == '_' || c == '.' || c == '/' || (c >= '0' && c <= '9') ||
           (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return std::count(written.begin(), written.end(), '/') == 1 && written.front() != '/' &&
         written.front() != '.' && written.back() != '/' &&
         std::all_of(written.begin(), written.end(), is_in_name);
}

}  // namespace

std::string why_no_model(const std::string& written, const std::filesystem::path& resolved) {
  const std::string path = resolved.string();
  if (std::filesystem::exists(resolved))
    return fmt::format("{} is a file; name the directory of the checkpoint, with its config.json",
                       path);
  std::string cause = fmt::format("no such directory: {}", path);
  if (written.starts_with('~')) return cause + "; '~' is not replaced here, write the whole path";
  if (!is_hub_name(written)) return cause;
  return fmt::format(
      "{0}; nothing is downloaded: get it with `hf download {1} --local-dir {2}` or `git lfs clone "
      "https://huggingface.co/{1} {2}`",
      cause, written, path);
}

}  // namespace nf
