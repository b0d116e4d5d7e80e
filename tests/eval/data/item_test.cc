#include "eval/data/item.h"

#include <gtest/gtest.h>

#include <functional>

namespace nf {
namespace {

/// A question: a context of two tokens and two choices that continue it.
EvalItem question() {
  EvalItem item;
  item.ids = {5, 6, 7, 8, 9};
  item.layout.segments = {{.first = 0, .rows = 2},
                          {.first = 2, .rows = 1, .prefix_first = 0, .prefix_rows = 2},
                          {.first = 3, .rows = 2, .prefix_first = 0, .prefix_rows = 2}};
  item.targets = {{.row = 1, .token = 7, .part = 0}, {.row = 1, .token = 8, .part = 1}};
  item.parts = 2;
  item.first_row = 64;
  item.bytes = 3;
  return item;
}

std::string hash_of(const EvalItem& item) { return hash_items(std::vector{item}, "window/1"); }

TEST(ItemHash, TellsApartWhatChangesANumber) {
  const std::string hash = hash_of(question());
  EXPECT_EQ(hash_of(question()), hash);
  EXPECT_EQ(hash.size(), 32u);
  const std::vector<std::function<void(EvalItem&)>> changes = {
      [](EvalItem& item) { item.ids[4] = 10; },
      [](EvalItem& item) { item.ids.push_back(10); },
      [](EvalItem& item) { item.layout.segments[1].first = 1; },
      [](EvalItem& item) { item.layout.segments[1].rows = 2; },
      [](EvalItem& item) { item.layout.segments[1].prefix_first = 1; },
      [](EvalItem& item) { item.layout.segments[1].prefix_rows = 1; },
      [](EvalItem& item) { item.layout.segments.pop_back(); },
      [](EvalItem& item) { item.targets[0].row = 0; },
      [](EvalItem& item) { item.targets[0].token = 6; },
      [](EvalItem& item) { item.targets[0].part = 1; },
      [](EvalItem& item) { item.targets.pop_back(); },
      [](EvalItem& item) { item.parts = 3; },
      [](EvalItem& item) { item.first_row = 128; },
      [](EvalItem& item) { item.bytes = -1; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EvalItem changed = question();
    changes[i](changed);
    EXPECT_NE(hash_of(changed), hash) << "change " << i;
  }
}

TEST(ItemHash, LeavesOutTheDocument) {
  // Only statistics look at it; the hashes of folders that are there must not change.
  EvalItem item = question();
  item.document = 3;
  EXPECT_EQ(hash_of(item), hash_of(question()));
}

TEST(ItemHash, CoversTheConventionAndTheNumberOfItems) {
  const std::vector<EvalItem> one = {question()}, two = {question(), question()};
  EXPECT_NE(hash_items(one, "window/1"), hash_items(one, "window/2"));
  EXPECT_NE(hash_items(one, "window/1"), hash_items(two, "window/1"));
  EXPECT_NE(hash_items(one, "window/1"), hash_items({}, "window/1"));
}

}  // namespace
}  // namespace nf
