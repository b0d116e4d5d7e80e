#include "eval/records/site_stats.h"

#include <algorithm>
#include <iterator>

#include "core/base/check.h"

namespace nf {

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
    before->stats.merge(last->stats);
    before->windows += last->windows;
    before->complete = before->complete && last->complete;
    if (!before->predictor) before->predictor = last->predictor;
    sites.erase(std::next(last).base());
  }
}

}  // namespace nf
