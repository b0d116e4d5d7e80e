#include "eval/data/item.h"

#include "core/io/content_hash.h"

namespace nf {
namespace {

/// An item as one list of numbers, each list in it led by its length: no two items give the same.
void serialize(const EvalItem& item, std::vector<std::int64_t>& numbers) {
  const auto add_size = [&numbers](std::size_t size) {
    numbers.push_back(static_cast<std::int64_t>(size));
  };
  numbers.clear();
  add_size(item.ids.size());
  numbers.insert(numbers.end(), item.ids.begin(), item.ids.end());
  add_size(item.layout.segments.size());
  for (const Segment& segment : item.layout.segments)
    numbers.insert(numbers.end(),
                   {segment.first, segment.rows, segment.prefix_first, segment.prefix_rows});
  add_size(item.targets.size());
  for (const Target& target : item.targets)
    numbers.insert(numbers.end(), {target.row, target.token, target.part});
  numbers.insert(numbers.end(), {item.parts, item.first_row, item.bytes});
}

}  // namespace

std::string hash_items(std::span<const EvalItem> items, std::string_view convention) {
  ContentHash hash;
  hash.add(convention);
  hash.add_length(items.size());
  std::vector<std::int64_t> numbers;
  for (const EvalItem& item : items) {
    serialize(item, numbers);
    hash.add(std::as_bytes(std::span(numbers)));
  }
  return hash.hex();
}

}  // namespace nf
