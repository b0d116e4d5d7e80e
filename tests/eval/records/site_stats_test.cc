#include "eval/records/site_stats.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

const Json kNothing = {{"kept", "nothing"}};

SiteStats window_of(Index window, double squares, const Json& notes) {
  SiteStats site{.site = "layers.0.q_proj.input", .first_window = window, .windows = 1};
  site.stats.sum_d2 = squares;
  site.join_notes(notes);
  return site;
}

Json notes_of(const std::vector<SiteStats>& windows) {
  std::vector<SiteStats> sites;
  for (const SiteStats& window : windows) add_site(window, sites);
  SiteStats all = sites.front();
  for (std::size_t i = 1; i < sites.size(); ++i) all.merge(sites[i]);
  return all.notes;
}

TEST(SiteStats, SaysThatNothingIsLeftWhereNoWindowHasAny) {
  const SiteStats none = window_of(0, 0.0, kNothing), some = window_of(1, 0.5, nullptr);
  EXPECT_EQ(notes_of({none}), kNothing);
  EXPECT_EQ(notes_of({some}), nullptr);
  EXPECT_EQ(notes_of({none, window_of(1, 0.0, kNothing), window_of(2, 0.0, kNothing)}), kNothing);
  EXPECT_EQ(notes_of({none, window_of(1, 0.0, nullptr)}), kNothing);  // it had no change at all
  EXPECT_EQ(notes_of({none, some}), nullptr);
  EXPECT_EQ(notes_of({window_of(0, 0.5, nullptr), window_of(1, 0.0, kNothing)}), nullptr);
  EXPECT_EQ(notes_of({none, window_of(1, 0.0, kNothing), window_of(2, 1.0, nullptr)}), nullptr);
}

TEST(SiteStats, KeepsWhatWasChosen) {
  SiteStats head{.site = "lm_head.weight"};
  head.stats.sum_d2 = 1.0;
  head.join_notes({{"group", 32}, {"kept", "nothing"}});
  head.join_notes({{"group", 32}});
  EXPECT_EQ(head.notes, Json({{"group", 32}}));
}

}  // namespace
}  // namespace nf
