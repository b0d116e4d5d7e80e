#include "eval/batch/attempt_progress.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/io/atomic_file.h"
#include "core/io/read_json.h"

namespace nf {
namespace {

constexpr const char* kFile = "progress.json";
constexpr double kStep = 0.01;

}  // namespace

void AttemptProgress::write() {
  const double share = share_;
  if (share < written_ + kStep) return;
  try {
    write_file_atomically(folder_ / kFile, Json{{"share", share}}.dump() + "\n");
    written_ = share;
  } catch (const Error&) {
  }
}

double read_progress(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / kFile, ignored)) return 0.0;
  try {
    const Json json = read_json(folder / kFile);
    const auto share = json.is_object() ? json.find("share") : json.end();
    return share != json.end() && share->is_number() ? share->get<double>() : 0.0;
  } catch (const Error&) {
    return 0.0;
  }
}

}  // namespace nf
