#pragma once

#include <optional>
#include <vector>

#include "eval/records/record.h"

namespace nf {

/// Numbers of the records that are looked at, in ascending order: all, or `count` of them, those
/// whose hash over the trial's id and the numbers of windows and questions is smallest. So the
/// sample depends neither on the order of the records nor on chance, goes over trials and text
/// evenly, and a smaller one is part of a larger one.
std::vector<std::size_t> sample_records(const std::vector<Record>& records,
                                        std::optional<Index> count = std::nullopt);

}  // namespace nf
