#include "eval/experiment/missing_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace nf {
namespace {

bool is_in_name(char c) {
  return c == '-' || c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

bool is_name(std::string_view text) {
  return !text.empty() && text.front() != '.' && std::all_of(text.begin(), text.end(), is_in_name);
}

/// "facebook/opt-125m": how the Hub calls a model, and no path that says of itself that it is one.
bool is_hub_name(std::string_view written) {
  const std::size_t slash = written.find('/');
  return slash != std::string_view::npos && is_name(written.substr(0, slash)) &&
         is_name(written.substr(slash + 1));
}

/// "facebook/opt-125m" of an address on the Hub, or of one of its files.
std::optional<std::string> name_in_url(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
  constexpr std::string_view kHosts[] = {"huggingface.co/", "www.huggingface.co/", "hf.co/"};
  for (const std::string_view host : kHosts) {
    if (!url.starts_with(host)) continue;
    url.remove_prefix(host.size());
    const std::size_t slash = url.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::string_view name =
        url.substr(0, std::min({url.find('/', slash + 1), url.find('?'), url.find('#')}));
    return is_hub_name(name) ? std::optional<std::string>(name) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string why_no_model(const std::string& written, const std::filesystem::path& resolved) {
  const std::string path = resolved.string();
  if (std::filesystem::exists(resolved))
    return fmt::format("{} is a file; name the directory of the checkpoint, with its config.json",
                       path);
  if (const std::optional<std::string> name = name_in_url(written)) {
    const std::string folder = name->substr(name->find('/') + 1);
    return fmt::format(
        "nothing is downloaded: get it with `hf download {0} --local-dir {1}` or `git lfs clone "
        "https://huggingface.co/{0} {1}`, and write model: {1}",
        *name, folder);
  }
  if (written.find("://") != std::string::npos)
    return "nothing is downloaded; name the directory of the checkpoint, with its config.json";
  const std::string cause = fmt::format("no such directory: {}", path);
  if (written.starts_with('~')) return cause + "; '~' is not replaced here, write the whole path";
  if (is_hub_name(written))
    return fmt::format(
        "{0}; nothing is downloaded: get it with `hf download {1} --local-dir {2}` or `git lfs "
        "clone https://huggingface.co/{1} {2}`",
        cause, written, path);
  if (is_name(written))
    return fmt::format(
        "{0}; nothing is downloaded: get one of the Hub with `hf download ORGANIZATION/{1} "
        "--local-dir {2}`",
        cause, written, path);
  return cause;
}

}  // namespace nf
