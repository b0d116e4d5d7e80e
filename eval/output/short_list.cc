#include "eval/output/short_list.h"

#include <fmt/format.h>

namespace nf {

std::string short_list(const std::vector<std::string>& texts, const std::string& separator,
                       const std::string& what) {
  constexpr std::size_t kMostTold = 8;
  std::string list;
  for (std::size_t i = 0; i < texts.size() && i < kMostTold; ++i)
    list += (i == 0 ? "" : separator) + texts[i];
  if (texts.size() > kMostTold) list += fmt::format("{}... ({} {})", separator, texts.size(), what);
  return list;
}

}  // namespace nf
