#pragma once

#include <span>
#include <utility>
#include <vector>

#include "core/model/decoder_spec.h"
#include "eval/data/item.h"

namespace nf {

/// Items that are run together and recorded; their numbers, ascending.
struct Stage {
  Stage() = default;
  /// Items [first, last).
  Stage(Index first, Index last);
  explicit Stage(std::vector<Index> numbers) : items(std::move(numbers)) {}
  Index count() const { return static_cast<Index>(items.size()); }

  std::vector<Index> items;
};

/// Floating-point operations of one item through one block, and of `rows` rows through the head.
double block_flops(const DecoderSpec& spec, const Layout& layout);
double head_flops(const DecoderSpec& spec, Index rows);
/// Rows of an item that predict a target.
Index scored_rows(const EvalItem& item);
/// Floating-point operations of one lane through a stage: all blocks, and the head for every row
/// that predicts a target.
double stage_flops(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage);

/// Cuts the items, in their order, into as few stages of about equal size as keep a lane's hidden
/// states below kStageLaneBytes, or of one item. No result depends on it.
std::vector<Stage> cut_stages(const DecoderSpec& spec, std::span<const EvalItem> items);
/// The items of a stage in their order, in about `count` parts of about equal rows: each item by
/// itself where there are no more than that, and none without any.
std::vector<Stage> split_stage(std::span<const EvalItem> items, const Stage& stage, Index count);

/// Thousands of rows share the reading and distorting of the weights; more would only hold memory
/// that more lanes can use.
inline constexpr double kStageLaneBytes = 64e6;

}  // namespace nf
