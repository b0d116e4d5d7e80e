#include "eval/records/site_stats.h"

#include <algorithm>
#include <iterator>

#include "core/base/check.h"
#include "perturb/distortion_stats.h"

namespace nf {

void SiteStats::merge(const SiteStats& later) {
  stats.merge(later.stats);
  windows += later.windows;
  complete = complete && later.complete;
  if (!predictor) predictor = later.predictor;
  join_notes(later.notes);
}

void SiteStats::join_notes(const Json& later) {
  if (!later.is_null()) notes.update(later);
  if (notes.is_null() || stats.sum_d2 == 0.0) return;
  notes.erase(kKeptNote);
  if (notes.empty()) notes = nullptr;
}

void add_site(const SiteStats& part, std::vector<SiteStats>& sites) {
  sites.push_back(part);
  // As a binary counter carries: two neighbours of one size become the block that holds both.
  while (true) {
    const auto same_site = [&part](const SiteStats& site) { return site.site == part.site; };
    const auto last = std::find_if(sites.rbegin(), sites.rend(), same_site);
    const auto before = std::find_if(std::next(last), sites.rend(), same_site);
    if (before == sites.rend()) return;
    NF_CHECK(!before->is_weight() && before->first_window + before->windows <= last->first_window,
             "{}: windows from {} on do not come after those from {} on", part.site,
             last->first_window, before->first_window);
    const bool siblings = before->windows == last->windows &&
                          before->first_window % (2 * before->windows) == 0 &&
                          before->first_window + before->windows == last->first_window;
    if (!siblings) return;
    before->merge(*last);
    sites.erase(std::next(last).base());
  }
}

}  // namespace nf
