#include "eval/records/site_place.h"

namespace nf {
namespace {

/// Takes what stands before the first dot.
std::string take_word(std::string_view& text) {
  const std::size_t dot = text.find('.');
  const std::string word(text.substr(0, dot));
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return word;
}

}  // namespace

SitePlace site_place(std::string_view site) {
  SitePlace place;
  if (site.starts_with("layers.")) {
    take_word(site);
    place.layer = take_word(site);
  }
  const std::size_t dot = site.rfind('.');
  if (dot != std::string_view::npos) {
    place.role = std::string(site.substr(0, dot));
    site.remove_prefix(dot + 1);
  }
  place.tensor = std::string(site);
  return place;
}

}  // namespace nf
