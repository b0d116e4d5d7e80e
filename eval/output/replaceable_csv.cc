#include "eval/output/replaceable_csv.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/read_file.h"

namespace nf {

void check_replaceable_csv(const std::filesystem::path& file, const std::string& begin,
                           const std::string& end, const std::string& what) {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) return;
  std::string first = "(not a file)";
  if (std::filesystem::is_regular_file(file, ignored)) {
    first = read_text_file(file);
    first = first.substr(0, first.find('\n') + 1);
  }
  if (!first.starts_with(begin) || !first.ends_with(end))
    throw ConfigError(
        fmt::format("--csv {}: is there already and no {} of noisefloor; choose another name",
                    file.string(), what));
}

}  // namespace nf
