#include "eval/design/levels.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <tuple>

#include "core/base/check.h"
#include "core/config/scalar.h"
#include "eval/design/factorial.h"

namespace nf {
namespace {

bool is_in_layer(const Site& site) { return is_state(site.tensor) || is_block_role(site.role); }

/// "layers.3.q_proj", "layers.3.resid", "lm_head": without the tensor where it is a linear's.
std::string linear_name(const Site& site) {
  std::string name = site.name();
  if (!is_state(site.tensor)) name.resize(name.rfind('.'));
  return name;
}

std::string role_of(const Site& site) {
  return std::string(is_state(site.tensor) ? site_tensor_name(site.tensor) : role_name(site.role));
}

/// 0: before the blocks, 1: in them, 2: behind.
int part_of_model(const Site& site) {
  if (is_in_layer(site)) return 1;
  return site.role == Role::embed_tokens ? 0 : 2;
}

/// The place of a site in the forward pass of its block.
std::ptrdiff_t rank_in_block(const Site& site) {
  constexpr std::array<std::string_view, 10> kOrder = {
      "q_proj", "k_proj",    "v_proj",  "k_cache",   "v_cache",
      "o_proj", "gate_proj", "up_proj", "down_proj", "resid"};
  return std::find(kOrder.begin(), kOrder.end(), role_of(site)) - kOrder.begin();
}

template <typename T>
void add_once(T value, std::vector<T>& list) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

/// Ascending layers as ranges: 0-2, 5.
LayerRanges ranges_of(const std::vector<Index>& layers) {
  LayerRanges ranges;
  for (std::size_t i = 0; i < layers.size();) {
    std::size_t last = i;
    while (last + 1 < layers.size() && layers[last + 1] == layers[last] + 1) ++last;
    ranges.push_back({.text = last == i ? fmt::format("{}", layers[i])
                                        : fmt::format("{}-{}", layers[i], layers[last]),
                      .first = layers[i],
                      .last = layers[last]});
    i = last + 1;
  }
  return ranges;
}

LayerRanges layers_of(const std::vector<Site>& sites) {
  std::vector<Index> layers;
  for (const Site& site : sites) add_once(site.layer, layers);
  return ranges_of(layers);
}

OneOrMore<std::string> roles_of(const std::vector<Site>& sites) {
  std::vector<std::string> names;
  for (const Site& site : sites) add_once(role_of(site), names);
  OneOrMore<std::string> roles;
  roles.assign(names.begin(), names.end());
  return roles;
}

/// One site as a user would name it.
SitePart part_of(const Site& site) {
  SitePart part;
  if (is_in_layer(site)) part.layers = layers_of({site});
  if (!is_state(site.tensor)) part.roles = roles_of({site});
  return part;
}

SiteSelector narrowed_to(const SiteSelector& selector, Factor factor,
                         const std::vector<Site>& kept) {
  SiteSelector result = selector;
  if (factor == Factor::layer) result.layers = layers_of(kept);
  if (factor == Factor::role && !is_state(kept.front().tensor)) result.roles = roles_of(kept);
  if (factor != Factor::site) return result;
  if (kept.size() == 1) {
    const SitePart part = part_of(kept.front());
    if (part.roles) result.roles = *part.roles;
    result.layers = part.layers;
    return result;
  }
  result.only.emplace();
  for (const Site& site : kept) result.only->push_back(part_of(site));
  return result;
}

std::vector<Site> filtered(std::vector<Site> sites, const std::function<bool(const Site&)>& stays) {
  std::erase_if(sites, [&](const Site& site) { return !stays(site); });
  return sites;
}

/// The level as results have it: of a layer a number.
Json level_value(const std::string& level, Factor factor) {
  const std::optional<Index> layer = factor == Factor::layer ? parse_integer(level) : std::nullopt;
  return layer ? Json(*layer) : Json(level);
}

/// The generators: they say which levels act together in each trial.
class Points {
 public:
  Points(const std::vector<SiteSelector>& selectors, Factor factor, const DecoderSpec& spec)
      : selectors_(selectors),
        factor_(factor),
        spec_(spec),
        levels_(find_levels(selectors, factor, spec)) {}

  std::vector<DesignPoint> make(const Design& design) {
    const std::string& kind = design.kind;
    if (levels_.size() < 2) return {};
    if (kind == "leave_one_out") {
      for (const std::string& level : levels_)
        add(level_value(level, factor_), [&](const SiteSelector& selector) {
          return drop_level(selector, factor_, level, spec_);
        });
    } else if (kind == "cumulative") {
      for (std::size_t k = 1; k <= levels_.size(); ++k)
        add_kept(k, {levels_.begin(), levels_.begin() + static_cast<std::ptrdiff_t>(k)});
    } else if (kind == "factorial") {
      add_runs(design.resolution);
    } else {
      for (const std::string& level : levels_) add_kept(level_value(level, factor_), {level});
      if (kind == "pairs") add_pairs();
    }
    return std::move(points_);
  }

 private:
  /// The only pair of two levels is all of them.
  void add_pairs() {
    for (std::size_t a = 0; a < levels_.size() && levels_.size() > 2; ++a)
      for (std::size_t b = a + 1; b < levels_.size(); ++b)
        add_kept(levels_[a] + "+" + levels_[b], {levels_[a], levels_[b]});
    add_kept(kAllLevels, levels_);
  }

  void add_runs(Index resolution) {
    const std::optional<FactorialDesign> runs = factorial_design(std::ssize(levels_), resolution);
    if (!runs) return;
    for (Index run = 1; run < runs->runs; ++run) {
      std::vector<std::string> on;
      for (Index i = 0; i < std::ssize(levels_); ++i)
        if (runs->is_on(i, run)) on.push_back(levels_[static_cast<std::size_t>(i)]);
      if (on.size() == 1)
        add_kept(level_value(on[0], factor_), on);
      else
        add_kept(on.size() == levels_.size() ? kAllLevels : fmt::format("{}", fmt::join(on, "+")),
                 on);
    }
  }

  void add_kept(Json level, const std::vector<std::string>& levels) {
    add(std::move(level), [&](const SiteSelector& selector) {
      return keep_levels(selector, factor_, levels, spec_);
    });
  }

  void add(Json level,
           const std::function<std::optional<SiteSelector>(const SiteSelector&)>& narrow) {
    DesignPoint point{.level = std::move(level), .sites = {}};
    for (const SiteSelector& selector : selectors_) point.sites.push_back(narrow(selector));
    points_.push_back(std::move(point));
  }

  const std::vector<SiteSelector>& selectors_;
  Factor factor_;
  const DecoderSpec& spec_;
  std::vector<std::string> levels_;
  std::vector<DesignPoint> points_{};
};

Factor factor_of(const Design& design) {
  for (const EnumName<Factor>& factor : EnumNames<Factor>::table)
    if (design.factor == factor.name) return factor.value;
  NF_CHECK(false, "factor '{}'", design.factor);
}

}  // namespace

std::string level_of(const Site& site, Factor factor) {
  switch (factor) {
    case Factor::layer:
      return is_in_layer(site) ? fmt::format("{}", site.layer) : "";
    case Factor::role:
      return role_of(site);
    case Factor::site:
      return linear_name(site);
  }
  NF_CHECK(false, "factor {}", static_cast<int>(factor));
}

std::vector<std::string> find_levels(const std::vector<SiteSelector>& selectors, Factor factor,
                                     const DecoderSpec& spec) {
  // Roles go by their place in a block, whichever layer has them.
  const auto before = [&](const Site& a, const Site& b) {
    const auto key = [&](const Site& site) {
      return std::tuple(part_of_model(site), factor == Factor::role ? 0 : site.layer,
                        rank_in_block(site));
    };
    return key(a) < key(b);
  };
  std::vector<Site> sites;
  for (const SiteSelector& selector : selectors)
    for (const Site& site : selector.select(spec)) sites.push_back(site);
  std::stable_sort(sites.begin(), sites.end(), before);
  std::vector<std::string> levels;
  for (const Site& site : sites)
    if (std::string level = level_of(site, factor); !level.empty())
      add_once(std::move(level), levels);
  return levels;
}

std::optional<SiteSelector> keep_levels(const SiteSelector& selector, Factor factor,
                                        const std::vector<std::string>& levels,
                                        const DecoderSpec& spec) {
  const std::set<std::string> wanted(levels.begin(), levels.end());
  const std::vector<Site> selected = selector.select(spec);
  const std::vector<Site> kept =
      filtered(selected, [&](const Site& site) { return wanted.contains(level_of(site, factor)); });
  if (kept.empty()) return std::nullopt;
  return kept.size() == selected.size() ? selector : narrowed_to(selector, factor, kept);
}

std::optional<SiteSelector> drop_level(const SiteSelector& selector, Factor factor,
                                       const std::string& level, const DecoderSpec& spec) {
  const std::vector<Site> selected = selector.select(spec);
  const std::vector<Site> dropped =
      filtered(selected, [&](const Site& site) { return level_of(site, factor) == level; });
  if (dropped.empty()) return selector;
  if (dropped.size() == selected.size()) return std::nullopt;
  SitePart part = part_of(dropped.front());
  if (factor == Factor::layer) part.roles.reset();
  if (factor == Factor::role) part.layers.reset();
  SiteSelector result = selector;
  if (!result.except) result.except.emplace();
  result.except->push_back(std::move(part));
  return result;
}

std::string design_column(const Design& design) {
  return design.kind == "cumulative" ? "k" : design.factor;
}

std::vector<DesignPoint> design_points(const Design& design,
                                       const std::vector<SiteSelector>& selectors,
                                       const DecoderSpec& spec) {
  return Points(selectors, factor_of(design), spec).make(design);
}

std::string why_no_design_points(const Design& design, const std::vector<SiteSelector>& selectors,
                                 const DecoderSpec& spec, const std::string& model) {
  const Index levels = std::ssize(find_levels(selectors, factor_of(design), spec));
  if (levels < 2)
    return fmt::format("needs at least two {}s, and the sites of this trial have not so many in {}",
                       design.factor, model);
  if (design.kind != "factorial" || factorial_design(levels, design.resolution)) return "";
  const std::optional<FactorialDesign> coarser = factorial_design(levels, 4);
  return fmt::format(
      "would take more than {} trials for the {} {}s of this one in {}; {}", kMostFactorialRuns - 1,
      levels, design.factor, model,
      coarser ? fmt::format("{{of: {}, resolution: 4}} takes {}, and tells main effects alone",
                            design.factor, coarser->runs - 1)
              : fmt::format("select fewer{}",
                            design.factor == "site" ? ", or take 'role' or 'layer'" : ""));
}

}  // namespace nf
