#include "eval/design/search_key.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace nf {
namespace {

SearchKey search() {
  SearchKey search{.id = "s",
                   .config = {.range = {0.1, 3.0},
                              .target = {BisectMetric::delta_nll, 0.3},
                              .rel_tolerance = 0.01,
                              .max_steps = 5},
                   .steps = {}};
  search.add_step(1.0 / 3.0, "t1");
  search.add_step(0.7, "t2");
  return search;
}

TEST(SearchKey, ComesBackFromTheManifest) {
  const SearchKey back = search_from_json(Json::parse(search_to_json(search()).dump()));
  EXPECT_EQ(search_to_json(back), search_to_json(search()));
  EXPECT_EQ(back.config.target.metric, BisectMetric::delta_nll);
  EXPECT_EQ(back.step_id(1.0 / 3.0), "t1");
  EXPECT_EQ(back.step_id(0.3), "");
}

TEST(SearchKey, TakesAStepOnce) {
  SearchKey twice = search();
  twice.add_step(0.7, "t3");
  EXPECT_EQ(twice.steps.size(), 2u);
  EXPECT_EQ(twice.step_id(0.7), "t2");
}

TEST(SearchKey, IsNotMadeOfAnything) {
  Json json = search_to_json(search());
  json["metric"] = "nothing";
  EXPECT_THROW(search_from_json(json), DataError);
  json = search_to_json(search());
  json["range"] = {3, 1};
  EXPECT_THROW(search_from_json(json), DataError);
  json.erase("steps");
  json["range"] = {1, 3};
  EXPECT_THROW(search_from_json(json), Json::exception);
}

}  // namespace
}  // namespace nf
