#pragma once

#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "eval/records/row_key.h"

namespace nf {

/// The rows of several runs: the first's in their order, and each new one behind the other rows of
/// its model, a floor behind the baseline. Takes a time that grows with the number of rows alone.
class JoinedRows {
 public:
  /// The rows of the next run. place: of its manifest, for messages. Throws ConfigError where a
  /// row is one condition with a known one and does something else.
  void add(const std::vector<RowKey>& rows, const std::string& place);

  /// All of them; none are left.
  std::vector<RowKey> take();

 private:
  using Place = std::list<RowKey>::iterator;

  RowKey* find(const RowKey& row, const std::string& condition);
  void insert(const RowKey& row, const std::string& condition);

  std::list<RowKey> rows_;
  std::unordered_map<std::string, std::vector<Place>> by_condition_;
  std::unordered_map<std::string, Place> last_, baseline_;  ///< by model
};

}  // namespace nf
