#include "eval/records/plan_file.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/read_json.h"

namespace nf {
namespace {

/// Empty where there are none, or something else.
Json calls_before(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return Json::array();
  try {
    Json calls = read_json(file);
    const auto is_call = [](const Json& call) {
      return call.is_object() && call.contains("models");
    };
    if (calls.is_array() && std::all_of(calls.begin(), calls.end(), is_call)) return calls;
  } catch (const DataError&) {  // damaged
  }
  return Json::array();
}

}  // namespace

void append_to_plan_file(const std::filesystem::path& file, Json call) {
  Json calls = calls_before(file);
  calls.push_back(std::move(call));
  write_file_atomically(file, calls.dump(2) + '\n');
}

}  // namespace nf
