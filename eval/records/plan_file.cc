#include "eval/records/plan_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/read_json.h"

namespace nf {
namespace {

/// Throws DataError where it is no such list.
Json read_calls(const std::filesystem::path& file) {
  Json calls = read_json(file);
  const auto is_call = [](const Json& call) { return call.is_object() && call.contains("models"); };
  if (!calls.is_array() || !std::all_of(calls.begin(), calls.end(), is_call))
    throw DataError(fmt::format("{}: expected a list of calls of `run`", file.string()));
  return calls;
}

}  // namespace

std::optional<std::string> plan_file_damage(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    read_calls(file);
    return std::nullopt;
  } catch (const DataError& error) {
    return error.what();
  }
}

void mend_plan_file(const std::filesystem::path& file) {
  if (plan_file_damage(file)) write_file_atomically(file, "[]\n");
}

void append_to_plan_file(const std::filesystem::path& file, Json call) {
  const bool goes_on = std::filesystem::exists(file) && !plan_file_damage(file);
  Json calls = goes_on ? read_calls(file) : Json::array();
  calls.push_back(std::move(call));
  write_file_atomically(file, calls.dump(2) + '\n');
}

}  // namespace nf
