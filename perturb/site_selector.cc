#include "perturb/site_selector.h"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>

namespace nf {
namespace {

std::optional<Index> parse_layer(std::string_view text) {
  Index value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<LayerRange> parse_range(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  LayerRange range{.text = std::string(text)};
  if (text == "first" || text == "last") return range;
  const std::size_t dash = text.find('-');
  const std::optional<Index> first = parse_layer(text.substr(0, dash));
  const std::optional<Index> last =
      dash == std::string_view::npos ? first : parse_layer(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  range.first = *first;
  range.last = *last;
  return range;
}

/// A hint for layers as Python, or a person, says them.
std::string layers_hint(std::string_view text) {
  if (text == "all" || text == "*") return "leave layers out for all";
  if (text == "-1") return "write last";
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return "";
  const std::optional<Index> first = parse_layer(text.substr(0, colon));
  const std::optional<Index> end = parse_layer(text.substr(colon + 1));
  if (!first || !end || *end <= *first) return "";
  return fmt::format("write {}-{}, both ends included", *first, *end - 1);
}

bool glob_matches(const std::string& pattern, std::string_view name) {
  return fnmatch(pattern.c_str(), std::string(name).c_str(), 0) == 0;
}

bool names_role(const std::string& pattern, Role role, const DecoderSpec& spec) {
  if (glob_matches(pattern, role_name(role))) return true;
  return std::any_of(spec.aliases.begin(), spec.aliases.end(), [&](const auto& alias) {
    return alias.second == role && alias.first == pattern;
  });
}

/// embed_tokens and lm_head are never meant by a glob, and `layers` excludes them.
bool names_outer_role(const std::string& pattern) {
  const std::optional<Role> role = role_from_name(pattern);
  return role && !is_block_role(*role);
}

bool names_any_role(const std::string& pattern, const DecoderSpec& spec) {
  if (names_outer_role(pattern)) return true;
  const std::vector<Role> roles = spec.roles();
  return std::any_of(roles.begin(), roles.end(),
                     [&](Role role) { return names_role(pattern, role, spec); });
}

/// Whether it means a role of the blocks of some family, by the name that all families share.
bool names_known_role(const std::string& pattern) {
  for (int i = 0; i < kRoleCount; ++i)
    if (glob_matches(pattern, role_name(static_cast<Role>(i)))) return true;
  return false;
}

SiteSelector selector_of(const SitePart& part, SiteTensor tensor) {
  SiteSelector selector{.tensor = tensor, .layers = part.layers};
  if (part.roles) selector.roles = *part.roles;
  return selector;
}

/// The sites that are in one of the parts.
std::vector<Site> in_parts(const OneOrMore<SitePart>& parts, const std::vector<Site>& sites,
                           SiteTensor tensor, const DecoderSpec& spec) {
  std::vector<Site> named;
  for (const SitePart& part : parts)
    for (const Site& site : selector_of(part, tensor).select(spec)) named.push_back(site);
  std::vector<Site> both;
  for (const Site& site : sites)
    if (std::find(named.begin(), named.end(), site) != named.end()) both.push_back(site);
  return both;
}

/// `sites` after `only` and `except`.
std::vector<Site> in_selected_parts(const SiteSelector& selector, std::vector<Site> sites,
                                    const DecoderSpec& spec) {
  if (selector.only) sites = in_parts(*selector.only, sites, selector.tensor, spec);
  if (!selector.except) return sites;
  const std::vector<Site> excepted = in_parts(*selector.except, sites, selector.tensor, spec);
  std::erase_if(sites, [&](const Site& site) {
    return std::find(excepted.begin(), excepted.end(), site) != excepted.end();
  });
  return sites;
}

/// One tensor; the list of several that documentation speaks of is taken apart before.
ConfigForm<SiteTensor> tensor_form() {
  ConfigForm<SiteTensor> form = form_of<SiteTensor>();
  form.type += " | [tensor, ...]";
  const Json list = {{"type", "array"}, {"minItems", 1}, {"items", form.schema}};
  form.schema = {{"anyOf", Json::array({form.schema, list})}};
  return form;
}

using NamedSpecs = std::vector<std::pair<std::string, const DecoderSpec*>>;

/// "q_proj, k_proj, v_proj, o_proj (out_proj), ..., embed_tokens, lm_head": the family's own names
/// in brackets.
std::string roles_text(const DecoderSpec& spec) {
  std::vector<Role> roles = spec.roles();
  roles.insert(roles.end(), {Role::embed_tokens, Role::lm_head});
  std::vector<std::string> texts;
  for (const Role role : roles) {
    texts.emplace_back(role_name(role));
    for (const auto& [alias, meant] : spec.aliases)
      if (meant == role) texts.back() += fmt::format(" ({})", alias);
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// "; its roles: ...", or those of each model.
std::string known_roles(const NamedSpecs& models) {
  if (models.size() == 1) return "; its roles: " + roles_text(*models.front().second);
  std::string text;
  for (const auto& [model, spec] : models)
    text += fmt::format("; roles of {}: {}", model, roles_text(*spec));
  return text;
}

/// A pattern that names a role in none of the models: a typing mistake, a role that these families
/// lack, or no role.
std::string why_no_role(const std::string& pattern, const NamedSpecs& models) {
  if (pattern == "all" || pattern == "any")
    return fmt::format("unknown role '{}'; leave roles out for all of a block", pattern);
  std::vector<std::string> names = {std::string(role_name(Role::embed_tokens)),
                                    std::string(role_name(Role::lm_head))};
  std::vector<std::string> model_names;
  for (const auto& [model, spec] : models) {
    model_names.push_back(model);
    for (Role role : spec->roles()) names.emplace_back(role_name(role));
    for (const auto& alias : spec->aliases) names.push_back(alias.first);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const std::string lacking = fmt::format("{}", fmt::join(model_names, ", "));
  if (role_from_name(pattern) == Role::gate_proj)
    return fmt::format("{}: no {} here, for the MLP has no gate{}", lacking, pattern,
                       known_roles(models));
  const std::string meant = did_you_mean(pattern, names);
  if (!meant.empty()) return fmt::format("unknown role '{}'{}", pattern, meant);
  return fmt::format("{}: no role '{}' here{}", lacking, pattern, known_roles(models));
}

/// Ends "selects nothing in MODEL" with the cause, where one is plain.
std::string why_nothing(const SiteSelector& selector, const DecoderSpec& spec) {
  if (is_state(selector.tensor) || selector.only || selector.except) return {};
  const auto all = [&](const auto& says_yes) {
    return std::all_of(selector.roles.begin(), selector.roles.end(), says_yes);
  };
  if (all([&](const std::string& pattern) { return !names_any_role(pattern, spec); }))
    return fmt::format(", which has no {}; its roles: {}", fmt::join(selector.roles, ", "),
                       roles_text(spec));
  if (selector.layers && all(names_outer_role))
    return "; embed_tokens and lm_head stand outside the layers: leave layers out";
  if (selector.tensor == SiteTensor::input &&
      all([](const std::string& pattern) { return pattern == role_name(Role::embed_tokens); }))
    return ": embed_tokens looks up rows by token id and has no input, only a weight";
  return {};
}

/// Each part of `only` or `except` must be sound in one of the models, and hold something that the
/// selector without these two selects there.
void check_parts(const SiteSelector& selector, const OneOrMore<SitePart>& parts,
                 const ConfigNode& node, const NamedSpecs& models, ConfigErrors& errors) {
  SiteSelector whole = selector;
  whole.only.reset();
  whole.except.reset();
  const std::vector<ConfigNode> items =
      node.is_sequence() ? node.items() : std::vector<ConfigNode>{node};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const SiteSelector part = selector_of(parts[i], selector.tensor);
    part.check(items[i], errors);
    bool sound = false, touches = false;
    for (const auto& model : models) {
      ConfigErrors of_model;
      part.check_against({model}, items[i], of_model);
      sound = sound || of_model.empty();
      touches = touches ||
                !in_parts({parts[i]}, whole.select(*model.second), selector.tensor, *model.second)
                     .empty();
    }
    if (!sound)
      part.check_against(models, items[i], errors);
    else if (!touches)
      errors.add(items[i], "holds nothing that roles and layers beside it select");
  }
}

}  // namespace

std::pair<Index, Index> LayerRange::bounds(Index layers) const {
  if (text == "first") return {0, 0};
  if (text == "last") return {layers - 1, layers - 1};
  return {first, std::min(last, layers - 1)};
}

std::optional<LayerRanges> ConfigValue<LayerRanges>::read(const ConfigNode& node,
                                                          ConfigErrors& errors) {
  LayerRanges ranges;
  const std::vector<ConfigNode> items =
      node.is_sequence() ? node.items() : std::vector<ConfigNode>{node};
  for (const ConfigNode& item : items) {
    std::string_view rest = item.text();
    do {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::optional<LayerRange> range = parse_range(rest.substr(0, comma));
      if (!range) {
        add_unreadable(item, "layers: 0-3, 7, first, last or a list of these", layers_hint(rest),
                       errors);
        return std::nullopt;
      }
      ranges.push_back(*range);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    } while (!rest.empty());
  }
  if (!ranges.empty()) return ranges;
  errors.add(node, "needs at least one layer");
  return std::nullopt;
}

Json ConfigValue<LayerRanges>::write(const LayerRanges& ranges) {
  Json items = Json::array();
  for (const LayerRange& range : ranges) {
    const std::optional<Index> single = parse_layer(range.text);
    items.push_back(single ? Json(*single) : Json(range.text));
  }
  return items.size() == 1 ? items[0] : items;
}

Json ConfigValue<LayerRanges>::schema() {
  const std::string one = "([0-9]+(-[0-9]+)?|first|last)";
  const Json item = {{"anyOf", Json::array({{{"type", "integer"}, {"minimum", 0}},
                                            {{"type", "string"},
                                             {"pattern", "^" + one + "(, ?" + one + ")*$"}}})}};
  return {{"anyOf", Json::array({item, {{"type", "array"}, {"minItems", 1}, {"items", item}}})}};
}

FieldTable<SitePart> SitePart::fields() {
  FieldTable<SitePart> table;
  table.optional("roles", &SitePart::roles,
                 {.summary = "linears by role; all by default", .example = "q_proj"});
  table.optional("layers", &SitePart::layers,
                 {.summary = "decoder blocks; all by default", .example = "0-2"});
  return table;
}

void SitePart::check(const ConfigNode& node, ConfigErrors& errors) const {
  if (!roles && !layers) errors.add(node, "needs roles, layers or both");
}

FieldTable<SiteSelector> SiteSelector::fields() {
  FieldTable<SiteSelector> table;
  table.required("tensor", &SiteSelector::tensor, tensor_form(),
                 {.summary = "which tensor: of the selected linears, or of the selected blocks; a "
                             "list stands for an entry each",
                  .example = "weight"});
  table.optional(
      "roles", &SiteSelector::roles,
      {.summary = "linears by role, by the family's own name, or by glob; not with resid, "
                  "k_cache or v_cache",
       .example = Json::array({"q_proj", "k_proj"})});
  table.optional("layers", &SiteSelector::layers,
                 {.summary = "decoder blocks, counted from 0, both ends included; all by default",
                  .example = "0-2"});
  table.optional("only", &SiteSelector::only,
                 {.summary = "of these, those in one of the parts alone",
                  .example = Json::array({{{"roles", "q_proj"}, {"layers", 0}},
                                          {{"roles", "up_proj"}, {"layers", "last"}}})});
  table.optional("except", &SiteSelector::except,
                 {.summary = "and of these none that is in one of the parts",
                  .example = {{"roles", "down_proj"}, {"layers", "first"}}});
  table.other_key("tensors", "tensor: weight, or input").other_key("module", "roles: q_proj");
  table.other_key("exclude", "except: {roles: down_proj}");
  return table;
}

void SiteSelector::check(const ConfigNode& node, ConfigErrors& errors) const {
  const std::optional<ConfigNode> at_roles = node.find("roles");
  if (is_state(tensor) && at_roles)
    errors.add(*at_roles, fmt::format("{} is a block's, not a linear's, and has no roles; leave "
                                      "roles out (layers narrows it)",
                                      site_tensor_name(tensor)));
}

Json SiteSelector::config() const {
  Json json = fields_of<SiteSelector>().write(*this);
  if (is_state(tensor)) json.erase("roles");
  return json;
}

std::vector<Site> SiteSelector::select(const DecoderSpec& spec) const {
  const auto selects_layer = [&](Index layer) {
    if (!layers) return true;
    return std::any_of(layers->begin(), layers->end(), [&](const LayerRange& range) {
      const auto [first, last] = range.bounds(spec.num_hidden_layers);
      return first <= layer && layer <= last;
    });
  };
  const auto selects_outer = [&](Role role) {
    return !layers && std::find(roles.begin(), roles.end(), role_name(role)) != roles.end();
  };
  const std::vector<Role> all_roles = spec.roles();
  std::vector<Site> sites;
  if (tensor == SiteTensor::weight && selects_outer(Role::embed_tokens))
    sites.push_back({0, Role::embed_tokens, tensor});
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
    if (!selects_layer(layer)) continue;
    if (is_state(tensor)) {
      sites.push_back({.layer = layer, .tensor = tensor});
      continue;
    }
    for (Role role : all_roles) {
      const bool selected =
          std::any_of(roles.begin(), roles.end(),
                      [&](const std::string& pattern) { return names_role(pattern, role, spec); });
      if (selected) sites.push_back({layer, role, tensor});
    }
  }
  if (!is_state(tensor) && selects_outer(Role::lm_head))
    sites.push_back({0, Role::lm_head, tensor});
  return in_selected_parts(*this, std::move(sites), spec);
}

std::vector<std::string> SiteSelector::lacking_roles(const DecoderSpec& spec) const {
  std::vector<std::string> lacking;
  const auto look = [&](const OneOrMore<std::string>& list) {
    for (const std::string& pattern : list)
      if (list.size() > 1 && !names_any_role(pattern, spec)) lacking.push_back(pattern);
  };
  look(roles);
  for (const auto& parts : {only, except})
    if (parts)
      for (const SitePart& part : *parts)
        if (part.roles) look(*part.roles);
  return lacking;
}

void SiteSelector::check_against(
    const std::vector<std::pair<std::string, const DecoderSpec*>>& models, const ConfigNode& node,
    ConfigErrors& errors) const {
  const Index before = errors.count();
  const ConfigNode at_roles = node.find("roles").value_or(node);
  const ConfigNode at_layers = node.find("layers").value_or(node);
  for (const std::string& pattern : roles) {
    const auto in_some_model = [&](const auto& says_yes) {
      return std::any_of(models.begin(), models.end(),
                         [&](const auto& model) { return says_yes(*model.second); });
    };
    if (in_some_model([&](const DecoderSpec& spec) { return names_any_role(pattern, spec); })) {
      SiteSelector alone = *this;
      alone.roles = {pattern};
      if (roles.size() > 1 &&
          !in_some_model([&](const DecoderSpec& spec) { return !alone.select(spec).empty(); }))
        errors.add(at_roles,
                   fmt::format("'{}' selects nothing with these layers and this tensor", pattern));
      continue;
    }
    if (roles.size() > 1 && names_known_role(pattern)) continue;  // lacking_roles() tells
    errors.add(at_roles, why_no_role(pattern, models));
  }
  if (only) check_parts(*this, *only, node.find("only").value_or(node), models, errors);
  if (except) check_parts(*this, *except, node.find("except").value_or(node), models, errors);
  for (const auto& [model, spec] : models) {
    if (layers) {
      for (const LayerRange& range : *layers) {
        const auto [first, last] = range.bounds(spec->num_hidden_layers);
        if (first > last)
          errors.add(at_layers, fmt::format("'{}' matches no layer of {}, which has layers 0-{}",
                                            range.text, model, spec->num_hidden_layers - 1));
        else if (range.last >= spec->num_hidden_layers)
          errors.add(at_layers, fmt::format("'{}' goes beyond {}, which has layers 0-{}",
                                            range.text, model, spec->num_hidden_layers - 1));
      }
    }
    if (errors.count() == before && select(*spec).empty())
      errors.add(node, fmt::format("selects nothing in {}{}", model, why_nothing(*this, *spec)));
  }
}

}  // namespace nf
