#include "eval/experiment/noise_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "core/base/suggest.h"
#include "eval/experiment/quantizer_words.h"
#include "eval/experiment/shorthand_text.h"
#include "perturb/relation.h"
#include "perturb/site_selector.h"

namespace nf {
namespace {

/// A strength as `l2=0.1`.
struct Amount {
  const char* name;
  const char* key;   ///< of `strength:`
  const char* unit;  ///< that may stand behind the number
};
constexpr Amount kAmounts[] = {
    {"l2", "relative_l2", ""}, {"snr", "snr_db", "dB"}, {"rms", "sigma_abs", ""}};
constexpr const char* kMatch = "match";

/// A relation that is one of several words, as it is written here: rank-up.
std::string joined_word(const std::string& kind, const Choice& choice) {
  return kind + "-" + choice.name;
}

/// The relation that a word means, as it stands in YAML; null where it means none.
Json relation_of(const std::string& text) {
  for (const Kind<Relation>& kind : relations().kinds()) {
    if (kind.plain && relation_name(text) == kind.name) return text;
    if (!kind.has_parameter()) continue;
    for (const Choice& choice : kind.parameter.choices)
      if (text == joined_word(kind.name, choice)) return {{kind.name, choice.name}};
    const std::optional<std::string> number =
        kind.parameter.choices.empty() ? number_behind(text, kind.name) : std::nullopt;
    if (number) return {{kind.name, *number}};
  }
  return {};
}

/// The words that mean one, as they may be written.
std::vector<std::string> relation_words() {
  std::vector<std::string> words;
  for (const Kind<Relation>& kind : relations().kinds()) {
    if (kind.plain) words.push_back(kind.name);
    if (!kind.has_parameter()) continue;
    for (const Choice& choice : kind.parameter.choices)
      words.push_back(joined_word(kind.name, choice));
    if (kind.parameter.choices.empty()) words.push_back(kind.name + kind.parameter.example.dump());
  }
  return words;
}

class NoiseText {
 public:
  NoiseText(const ConfigNode& node, const Kinds& kinds, ConfigErrors& errors)
      : node_(node), kinds_(kinds), errors_(errors) {}

  std::optional<ConfigNode> read() {
    std::vector<std::string> parts = split_words(node_.text());
    std::string tensor = "weight";
    if (is_tensor(parts.front())) {
      tensor = parts.front();
      parts.erase(parts.begin());
    }
    if (parts.empty()) return fail("names no noise; write it like 'weight gaussian l2=0.1'");
    kind_ = kinds_.noises.find(parts.front());
    if (kind_ == nullptr) return fail(unknown_begin(parts.front()));
    set("noise", parts.front());
    for (std::size_t i = 1; i < parts.size(); ++i) {
      if (!read_word(joined(parts, i))) return std::nullopt;
    }
    return shorthand_entry(tensor, keys_, node_);
  }

 private:
  /// The word at i with those that belong to it. Moves i to the last of them.
  std::string joined(const std::vector<std::string>& parts, std::size_t& i) const {
    std::string word = parts[i];
    const std::size_t equal = word.find('=');
    if (equal == std::string::npos) return word;
    const std::string name = word.substr(0, equal), value = word.substr(equal + 1);
    const bool is_quantizer = is_quantizer_text(value);
    // Words behind `reference=W4` are that quantizer's own up to the next '='; a noise has words
    // with '=' itself, so all that follow are its own.
    if (is_quantizer || refers(name))
      while (i + 1 < parts.size() && (!is_quantizer || parts[i + 1].find('=') == std::string::npos))
        word += " " + parts[++i];
    for (const Amount& amount : kAmounts)
      if (name == amount.name && i + 1 < parts.size() && is_same_word(parts[i + 1], amount.unit))
        word += parts[++i];
    return word;
  }
  static bool refers(const std::string& name) { return name == kMatch || name == "reference"; }
  static bool is_tensor(const std::string& word) {
    return std::any_of(std::begin(EnumNames<SiteTensor>::table),
                       std::end(EnumNames<SiteTensor>::table),
                       [&](const auto& entry) { return word == entry.name; });
  }

  std::nullopt_t fail(const std::string& cause) {
    errors_.add(node_, cause);
    return std::nullopt;
  }

  /// The message for a text of which neither a quantizer nor a noise is the first word.
  std::string unknown_begin(const std::string& word) const {
    std::vector<std::string> known = {"W4", "W4A8"};
    for (const NoiseKind& kind : kinds_.noises.kinds()) known.push_back(kind.name);
    std::string upper = word;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (is_quantizer_text(upper))
      return fmt::format("a quantizer's bits are written in capitals: '{}'", upper);
    const std::string near = nearest_name(word, known);
    return fmt::format("'{}' begins no shorthand; {}", word,
                       near.empty() ? "a quantizer is written like 'W4A8 g64 asym', a noise like "
                                      "'gaussian l2=0.1', everything else as a mapping"
                                    : fmt::format("did you mean '{}'?", near));
  }

  bool set(const std::string& key, const Json& value) {
    if (keys_.contains(key)) {
      fail(fmt::format("says {} twice", key));
      return false;
    }
    keys_[key] = value;
    return true;
  }

  bool read_word(const std::string& text) {
    const std::size_t equal = text.find('=');
    if (equal != std::string::npos)
      return read_value(text.substr(0, equal), text.substr(equal + 1));
    if (const Json scope = unit_of_word(text); !scope.is_null()) return set("scope", scope);
    if (const Json relation = relation_of(text); !relation.is_null())
      return set("relation", relation);
    fail(fmt::format("unknown word '{}' behind {}{}", text, kind_->name,
                     suggestion(text, known_words())));
    return false;
  }

  /// `l2=0.1`, or a key of the kind's own: `df=5`.
  bool read_value(const std::string& name, std::string value) {
    for (const Amount& amount : kAmounts) {
      if (name != amount.name) continue;
      const std::size_t unit = std::string_view(amount.unit).size();
      if (unit > 0 && value.size() > unit &&
          is_same_word(value.substr(value.size() - unit), amount.unit))
        value.resize(value.size() - unit);
      return set("strength", {{amount.key, value}});
    }
    if (name == kMatch && has_key("strength")) return set("strength", {{kMatch, value}});
    // Keys that have words of their own may be said by these as well.
    if (name == "scope" || name == "relation") {
      const Json word = name == "scope" ? unit_of_word(value) : relation_of(value);
      if (!word.is_null()) return set(name, word);
    }
    if (has_key(name) && !is_written_otherwise(name)) return set(name, value);
    const std::string near = nearest_name(name, known_names());
    fail(fmt::format("unknown word '{}=' behind {}; {}", name, kind_->name,
                     near.empty() ? fmt::format("known: {}", fmt::join(known_words(), ", "))
                                  : fmt::format("did you mean '{}'?", near)));
    return false;
  }

  /// Keys of the long form for which a shorthand has words instead.
  static bool is_written_otherwise(const std::string& key) {
    return key == "noise" || key == "strength" || key == "scope" || key == "relation";
  }

  bool has_key(std::string_view key) const {
    return std::any_of(kind_->fields.begin(), kind_->fields.end(),
                       [&](const FieldDoc& field) { return field.name == key; });
  }

  /// What may stand before a '='.
  std::vector<std::string> known_names() const {
    std::vector<std::string> known;
    if (has_key("strength")) {
      for (const Amount& amount : kAmounts) known.emplace_back(amount.name);
      known.emplace_back(kMatch);
    }
    for (const FieldDoc& field : kind_->fields)
      if (!is_written_otherwise(field.name)) known.push_back(field.name);
    return known;
  }

  /// All that may stand behind this noise, as it is written.
  std::vector<std::string> known_words() const {
    std::vector<std::string> known;
    if (has_key("strength")) known = {"l2=0.1", "snr=20dB", "rms=0.01", "match=W4"};
    for (const FieldDoc& field : kind_->fields)
      if (!is_written_otherwise(field.name)) known.push_back(field.name + "=" + example_of(field));
    if (has_key("relation")) append(relation_words(), known);
    if (has_key("scope")) append(unit_words(), known);
    return known;
  }
  static void append(const std::vector<std::string>& words, std::vector<std::string>& known) {
    known.insert(known.end(), words.begin(), words.end());
  }
  static std::string example_of(const FieldDoc& field) {
    if (field.name == "reference") return "W4";
    return field.example.is_string() ? field.example.get<std::string>() : field.example.dump();
  }

  const ConfigNode& node_;
  const Kinds& kinds_;
  ConfigErrors& errors_;
  const NoiseKind* kind_ = nullptr;
  Json keys_ = Json::object();
};

ConfigNode without_sites(const ConfigNode& entry) {
  std::vector<ConfigEntry> keys = entry.entries();
  std::erase_if(keys, [](const ConfigEntry& key) { return key.key == "sites"; });
  return ConfigNode::mapping(std::move(keys), entry.place()).with_path(entry.path());
}

}  // namespace

std::optional<ConfigNode> expand_noise(const ConfigNode& text, const Kinds& kinds,
                                       ConfigErrors& errors) {
  return NoiseText(text, kinds, errors).read();
}

std::optional<ConfigNode> expand_referred_noise(const ConfigNode& text, SiteTensor tensor,
                                                const Kinds& kinds, ConfigErrors& errors) {
  const std::optional<ConfigNode> entry = expand_noise(text, kinds, errors);
  if (!entry) return std::nullopt;
  const std::string said = entry->find("sites")->find("tensor")->text();
  const std::string first = split_words(text.text()).front();
  if (said == first && said != site_tensor_name(tensor)) {
    errors.add(text, fmt::format("'{}' is on another tensor than what refers to it; leave out "
                                 "'{}': it acts on the entry's own",
                                 text.text(), first));
    return std::nullopt;
  }
  return without_sites(*entry);
}

}  // namespace nf
