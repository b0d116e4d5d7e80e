#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"
#include "eval/records/json_cursor.h"

/// Readers of the parts of a record, for skim_record(). A value that is not as record_to_line()
/// writes it makes the cursor fail.

namespace nf {

/// A number; neither null nor what JSON does not have.
inline double read_number(JsonCursor& cursor) {
  const auto number = cursor.number<double>();
  if (!std::isfinite(number)) cursor.fail();
  return number;
}
/// A count as ObjectReader::count() has it.
inline Index read_count(JsonCursor& cursor) {
  constexpr Index kMost = Index{1} << 48;
  const auto count = cursor.number<Index>();
  if (count < 0 || count > kMost) cursor.fail();
  return count;
}

inline std::vector<double> read_numbers(JsonCursor& cursor) {
  std::vector<double> numbers;
  cursor.array([&] { numbers.push_back(read_number(cursor)); });
  return numbers;
}
inline std::vector<Index> read_counts(JsonCursor& cursor) {
  std::vector<Index> counts;
  cursor.array([&] { counts.push_back(read_count(cursor)); });
  return counts;
}

/// An object that may hold anything, by the parser.
Json read_object(JsonCursor& cursor);

/// The keys of a list of fields that an object has had. They mostly come in the order of the list,
/// so each is looked for behind the one before.
template <typename Field>
class SeenFields {
 public:
  explicit SeenFields(std::span<const Field> fields) : fields_(fields), seen_(fields.size()) {}

  /// The field with that key, which has not come before; null where there is none. key_of: of a
  /// field.
  template <typename KeyOf>
  const Field* take(std::string_view key, const KeyOf& key_of, JsonCursor& cursor) {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const std::size_t at = next_ + i < fields_.size() ? next_ + i : next_ + i - fields_.size();
      if (key != key_of(fields_[at])) continue;
      if (seen_[at]) cursor.fail();
      seen_[at] = true;
      next_ = at + 1 == fields_.size() ? 0 : at + 1;
      return &fields_[at];
    }
    return nullptr;
  }
  bool has(std::size_t field) const { return seen_[field]; }

 private:
  std::span<const Field> fields_;
  std::vector<bool> seen_;
  std::size_t next_ = 0;
};

}  // namespace nf
