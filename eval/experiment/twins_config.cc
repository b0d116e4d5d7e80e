#include "eval/experiment/twins_config.h"

#include <set>

namespace nf {
namespace {

std::vector<Choice> twin_words() {
  std::vector<Choice> words;
  for (const TwinKind& kind : twin_kinds()) words.push_back({kind.name, kind.summary});
  return words;
}

}  // namespace

std::optional<TwinWord> ConfigValue<TwinWord>::read(const ConfigNode& node, ConfigErrors& errors) {
  const std::optional<std::size_t> place = read_word(node, twin_words(), errors);
  if (!place) return std::nullopt;
  return TwinWord{&twin_kinds()[*place]};
}

std::string ConfigValue<TwinWord>::type() { return "kind of twin"; }

Json ConfigValue<TwinWord>::schema() { return words_schema(twin_words()); }

FieldTable<TwinsConfig> TwinsConfig::fields() {
  FieldTable<TwinsConfig> table;
  table.required("kinds", &TwinsConfig::kinds,
                 {.summary = "kinds of twins, one trial each",
                  .example = Json::array({"permuted", "resigned"})});
  table.optional("of", &TwinsConfig::of,
                 {.summary = "the sites whose δ is replaced; the others stay as the trial has "
                             "them; all without it",
                  .example = "weight"});
  table.optional("calibration", &TwinsConfig::calibration,
                 {.summary = "the set whose inputs a kind that needs one sees, of the untouched "
                             "model; by default the trial's own, or the only one",
                  .example = "ref"});
  return table;
}

void TwinsConfig::check(const ConfigNode& node, ConfigErrors& errors) const {
  std::set<const TwinKind*> seen;
  for (const TwinWord& word : kinds)
    if (!seen.insert(word.kind).second)
      errors.add(node, fmt::format("'{}' stands here twice", word.kind->name));
}

std::optional<TwinsConfig> ConfigValue<TwinsConfig>::read(const ConfigNode& node,
                                                          ConfigErrors& errors) {
  const Index before = errors.count();
  TwinsConfig twins;
  if (node.is_mapping()) {
    twins = fields_of<TwinsConfig>().read(node, errors);
  } else if (const auto kinds = ConfigValue<OneOrMore<TwinWord>>::read(node, errors)) {
    twins.kinds = *kinds;
    twins.check(node, errors);
  }
  return errors.count() == before ? std::optional(std::move(twins)) : std::nullopt;
}

Json ConfigValue<TwinsConfig>::write(const TwinsConfig& twins) {
  return fields_of<TwinsConfig>().write(twins);
}

std::string ConfigValue<TwinsConfig>::type() {
  return "[kind, ...] | {kinds: [kind, ...], of: weight | input, calibration: name}";
}

Json ConfigValue<TwinsConfig>::schema() {
  return {{"anyOf", Json::array({ConfigValue<OneOrMore<TwinWord>>::schema(),
                                 TwinsConfig::fields().schema()})}};
}

}  // namespace nf
