#pragma once

#include <string>
#include <string_view>

namespace nf {

/// The parts of a site's name, empty where it has none: "layers.3.q_proj.weight" lies in layer "3",
/// role "q_proj", tensor "weight"; "layers.3.resid" has no role, "lm_head.weight" no layer.
struct SitePlace {
  std::string layer, role, tensor;
};
SitePlace site_place(std::string_view site);

}  // namespace nf
