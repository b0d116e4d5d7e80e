#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// An object out of a file, read key by key. Throws DataError naming the place and the key where
/// one is missing or has another type. Views the object, which must outlive it.
class ObjectReader {
 public:
  /// place: "FILE:LINE", and where in the line.
  ObjectReader(const Json& object, std::string place);

  const Json* find(const char* key) const;  ///< nullptr where there is none
  const Json& at(const char* key) const;
  std::string text(const char* key) const;
  double number(const char* key) const;
  Index count(const char* key) const;  ///< from 0 to 2^48
  bool flag(const char* key) const;
  const Json& object(const char* key) const;
  /// The object under a key, to be read on.
  ObjectReader inside(const char* key) const;
  /// A list of that many numbers, or counts.
  std::vector<double> numbers(const char* key, Index size) const;
  std::vector<Index> counts(const char* key, Index size) const;
  /// Calls read(reader) for each object of a list.
  template <class Read>
  void each(const char* key, const Read& read) const {
    const Json& list = at(key);
    if (!list.is_array()) fail(key, "expected a list");
    for (std::size_t i = 0; i < list.size(); ++i)
      read(ObjectReader(list[i], fmt::format("{}: {}[{}]", place_, key, i)));
  }

  [[noreturn]] void fail(std::string_view key, std::string_view cause) const;

 private:
  /// The list under a key, whose elements pass `fits`.
  template <class Fits>
  const Json& list(const char* key, Index size, const char* what, const Fits& fits) const;

  const Json& object_;
  std::string place_;
};

}  // namespace nf
