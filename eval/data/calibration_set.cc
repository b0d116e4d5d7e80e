#include "eval/data/calibration_set.h"

#include "core/base/check.h"
#include "core/io/content_hash.h"

namespace nf {

CalibrationSetPtr make_calibration_set(const std::string& name,
                                       const std::vector<std::vector<std::int32_t>>& windows) {
  CalibrationSet set{.name = name, .items = {}, .hash = {}};
  ContentHash hash;
  hash.add("calibration");
  hash.add_length(windows.size());
  Index tokens = 0;
  for (const std::vector<std::int32_t>& ids : windows) {
    NF_CHECK(!ids.empty(), "an empty window in {}", name);
    hash.add(std::as_bytes(std::span(ids)));
    const Index rows = std::ssize(ids);
    set.items.push_back(
        {.ids = ids, .layout = Layout::window(rows), .targets = {}, .first_row = tokens});
    tokens += rows;
  }
  set.hash = hash.hex();
  return std::make_shared<const CalibrationSet>(std::move(set));
}

}  // namespace nf
