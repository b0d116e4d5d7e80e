#include "eval/records/row_key.h"

#include <fmt/format.h>

#include "core/base/printable.h"
#include "eval/design/twin_words.h"
#include "eval/output/csv.h"

namespace nf {

bool is_floor(const RowKey& key) { return key.name == kFloorName && !key.seed; }

std::string condition_text(const RowKey& key) {
  std::string text = printable(key.name);
  for (const auto& [name, value] : key.vars.items())
    if (name != kTwinVariable || value != "")  // a trial with twins is called as one without
      text += fmt::format(" {}={}", printable(name), printable(csv_value(value)));
  return text;
}

}  // namespace nf
