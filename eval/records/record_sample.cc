#include "eval/records/record_sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "core/base/check.h"
#include "core/io/content_hash.h"

namespace nf {
namespace {

std::string hash_of(const Record& record) {
  ContentHash hash;
  hash.add(record.id);
  for (const WindowSums& window : record.windows) hash.add(fmt::format("{}", window.window));
  for (const QuestionSums& question : record.questions)
    hash.add(fmt::format("{} {}", question.task, question.question));
  return hash.hex();
}

}  // namespace

std::vector<std::size_t> sample_records(const std::vector<Record>& records,
                                        std::optional<Index> count) {
  std::vector<std::size_t> numbers(records.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  if (!count || *count >= std::ssize(records)) return numbers;
  NF_CHECK(*count >= 0, "a sample of {}", *count);
  std::vector<std::string> hashes;
  for (const Record& record : records) hashes.push_back(hash_of(record));
  std::stable_sort(numbers.begin(), numbers.end(),
                   [&](std::size_t a, std::size_t b) { return hashes[a] < hashes[b]; });
  numbers.resize(static_cast<std::size_t>(*count));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace nf
