#include "eval/experiment/shorthand.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "core/base/suggest.h"
#include "core/config/scalar.h"
#include "core/config/yaml_writer.h"
#include "perturb/relation.h"
#include "perturb/site_selector.h"

namespace nf {
namespace {

/// The parts that a word can say; each at most once of a tensor.
enum class Part { granularity, symmetry, grid, scale, method };

constexpr const char* kPartNames[] = {"granularity", "symmetry", "grid", "channel scale", "method"};

const char* name_of(Part part) { return kPartNames[static_cast<std::size_t>(part)]; }

/// The tensors that a word can be about.
enum class About { weights, inputs, either, both };

/// A word behind W4A8. A method or grid that is added to the program needs its keys here.
struct Word {
  const char* name;     ///< of a numbered word: what stands before the number
  const char* example;  ///< null: a word without a number
  Part part;
  About about;
  Json (*keys)(const std::string& number);  ///< those that it stands for, in the entry's text
};

/// The word as it may be written: with a number where it needs one.
std::string written(const Word& word) { return word.example == nullptr ? word.name : word.example; }

/// Whether it says which values belong together, so that it is a noise's scope as well.
bool is_unit(const Word& word) {
  return word.part == Part::granularity && std::string_view(word.name) != "adadim";
}

const std::vector<Word>& words() {
  using Text = const std::string&;
  static const std::vector<Word> table = {
      {"g", "g64", Part::granularity, About::weights,
       [](Text g) {
         return Json{{"granularity", {{"group", g}}}};
       }},
      {"per-ic", "per-ic64", Part::granularity, About::weights,
       [](Text g) {
         return Json{{"granularity", {{"group", g}, {"axis", "in"}}}};
       }},
      {"channel", nullptr, Part::granularity, About::weights,
       [](Text) {
         return Json{{"granularity", "channel"}};
       }},
      {"token", nullptr, Part::granularity, About::inputs,
       [](Text) {
         return Json{{"granularity", "token"}};
       }},
      {"tensor", nullptr, Part::granularity, About::either,
       [](Text) {
         return Json{{"granularity", "tensor"}};
       }},
      {"sym", nullptr, Part::symmetry, About::both,
       [](Text) {
         return Json{{"symmetric", true}};
       }},
      {"asym", nullptr, Part::symmetry, About::both,
       [](Text) {
         return Json{{"symmetric", false}};
       }},
      {"uniform", nullptr, Part::grid, About::both,
       [](Text) {
         return Json{{"grid", "uniform"}};
       }},
      {"cube-root", nullptr, Part::grid, About::both,
       [](Text) {
         return Json{{"grid", "power"}};
       }},
      {"power", "power0.5", Part::grid, About::both,
       [](Text p) {
         return Json{{"grid", {{"power", p}}}};
       }},
      {"nf4", nullptr, Part::grid, About::both,
       [](Text) {
         return Json{{"grid", "nf4"}};
       }},
      {"kmeans", nullptr, Part::grid, About::weights,
       [](Text) {
         return Json{{"grid", "kmeans"}};
       }},
      {"rtn", nullptr, Part::method, About::both,
       [](Text) {
         return Json{{"method", "rtn"}};
       }},
      {"gptq", nullptr, Part::method, About::weights,
       [](Text) {
         return Json{{"method", "gptq"}};
       }},
      {"awq", nullptr, Part::scale, About::weights,
       [](Text) {
         return Json{{"channel_scale", {{"awq", {{"steps", 20}}}}}};
       }},
      {"smoothquant", "smoothquant0.5", Part::scale, About::both,
       [](Text alpha) {
         return Json{{"channel_scale", {{"smoothquant", {{"alpha", alpha}}}}}};
       }},
      {"adadim", "adadim64", Part::granularity, About::weights,
       [](Text g) {
         return Json{{"granularity", {{"adaptive", g}}}};
       }},
  };
  return table;
}

/// A strength as `l2=0.1`.
struct Amount {
  const char* name;
  const char* key;   ///< of `strength:`
  const char* unit;  ///< that may stand behind the number
};
constexpr Amount kAmounts[] = {
    {"l2", "relative_l2", ""}, {"snr", "snr_db", "dB"}, {"rms", "sigma_abs", ""}};

bool is_same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

bool is_number(const std::string& text) {
  return parse_number(text).has_value() || (text.starts_with("${") && text.ends_with('}'));
}

/// The number of "g64" after "g"; nullopt where it is none.
std::optional<std::string> number_behind(const std::string& word, const std::string& name) {
  if (!word.starts_with(name)) return std::nullopt;
  const std::string number = word.substr(name.size());
  return is_number(number) ? std::optional(number) : std::nullopt;
}

/// A value of the tables, or of the text, as YAML would read it.
ConfigNode node_of(const Json& value, const ConfigPlace& place) {
  if (value.is_string()) return ConfigNode::scalar(value.get<std::string>(), false, place);
  if (value.is_array()) {
    std::vector<ConfigNode> items;
    for (const Json& item : value) items.push_back(node_of(item, place));
    return ConfigNode::sequence(std::move(items), place);
  }
  if (!value.is_object()) return ConfigNode::scalar(value.dump(), false, place);
  std::vector<ConfigEntry> entries;
  for (const auto& [key, part] : value.items())
    entries.push_back({key, place, node_of(part, place)});
  return ConfigNode::mapping(std::move(entries), place);
}

std::vector<std::string> split_words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> parts;
  for (std::string part; stream >> part;) parts.push_back(part);
  return parts;
}

/// A half of a quantizer: what it says of the weights, or of the inputs.
struct Half {
  const char* tensor;
  const char* plural;
  std::string bits;                              ///< empty: they are left alone
  std::string said[std::size(kPartNames)] = {};  ///< the word that said each part
  Json keys{};
};

constexpr const char* kUntouched = "16";  ///< bits of what is left alone

/// sites: of the entry, beside its tensor.
ConfigNode entry_of(const std::string& tensor, const Json& keys, const ConfigNode& text,
                    const Json& sites = Json::object()) {
  Json json = {{"sites", {{"tensor", tensor}}}};
  json["sites"].update(sites);
  json.update(keys);
  return node_of(json, text.place()).with_path(text.path());
}

class QuantizerText {
 public:
  QuantizerText(const ConfigNode& node, ConfigErrors& errors) : node_(node), errors_(errors) {}

  /// The two halves, those left alone without bits; false after an error.
  bool read() {
    std::vector<std::string> parts = split_words(node_.text());
    if (!read_bits(parts.front())) return false;
    std::vector<std::string> open;  // `tensor`, which is of whatever is not said otherwise
    for (std::size_t i = 1; i < parts.size(); ++i) {
      if (parts[i] == "tensor")
        open.push_back(parts[i]);
      else if (!read_word(parts[i]))
        return false;
    }
    for (const std::string& word : open)
      if (!read_either(word)) return false;
    return true;
  }

  /// Keys of the half, but for `sites`.
  static Json config(const Half& half) {
    Json json = {{"grid", "uniform"},
                 {"bits", half.bits},
                 {"granularity", std::string_view(half.tensor) == "weight" ? "channel" : "token"},
                 {"symmetric", true},
                 {"method", "rtn"}};
    json.update(half.keys);
    // The grid of GPTQ's own code.
    if (json["method"] == "gptq" && json["symmetric"] == false) json["zero_in_range"] = true;
    if (json["method"] == "gptq" && json["symmetric"] == true && json["grid"] == "uniform")
      json["levels"] = "full";
    return json;
  }
  /// The same for the linears that smoothing leaves out.
  static Json config_without_scale(const Half& half) {
    Json json = config(half);
    json.erase("channel_scale");
    return json;
  }
  /// Whether the linears behind a norm have entries of their own.
  bool is_smoothed() const {
    return weights_.keys.contains("channel_scale") && inputs_.keys.contains("channel_scale");
  }

  const Half& weights() const { return weights_; }
  const Half& inputs() const { return inputs_; }

  /// The entries of both halves.
  std::vector<ConfigNode> entries() const {
    std::vector<ConfigNode> entries;
    const auto add = [&](const Json& sites, Json (*keys_of)(const Half&)) {
      for (const Half* half : {&weights_, &inputs_})
        if (!half->bits.empty())
          entries.push_back(entry_of(half->tensor, keys_of(*half), node_, sites));
    };
    if (!is_smoothed()) {
      add(Json::object(), config);
      return entries;
    }
    // No norm stands before these (2211.10438).
    const Json plain = {{"roles", {"o_proj", "down_proj"}}};
    add({{"except", plain}}, config);
    add(plain, config_without_scale);
    return entries;
  }

 private:
  bool fail(const std::string& cause) {
    errors_.add(node_, cause);
    return false;
  }

  /// "W4A8"
  bool read_bits(const std::string& word) {
    const std::size_t a = word.find('A');
    weights_.bits = word.substr(1, a == std::string::npos ? a : a - 1);
    inputs_.bits = a == std::string::npos ? kUntouched : word.substr(a + 1);
    for (Half* half : {&weights_, &inputs_}) {
      const std::optional<Index> bits = parse_integer(half->bits);
      if (!bits || half->bits.empty())
        return fail(fmt::format("cannot read '{}'; write W4, W4A8 or the like", word));
      if (half->bits == kUntouched)
        half->bits.clear();
      else if (*bits < 2 || *bits > 8)
        return fail(fmt::format("'{}': between 2 and 8 bits, or 16 to leave the {} alone", word,
                                half->plural));
    }
    if (weights_.bits.empty() && inputs_.bits.empty())
      return fail(fmt::format("'{}' leaves everything alone", word));
    return true;
  }

  bool read_word(const std::string& text) {
    for (const Word& word : words()) {
      if (word.example == nullptr && text == word.name) return take(text, word, word.keys(""));
      if (word.example == nullptr) continue;
      if (text == word.name)
        return fail(fmt::format("'{}' needs a number; write {}{}", text, word.example,
                                text == "power" ? ", or cube-root" : ""));
      if (const std::optional<std::string> number = number_behind(text, word.name))
        return take(text, word, word.keys(*number));
    }
    std::vector<std::string> known;
    for (const Word& word : words()) known.push_back(written(word));
    return fail(
        fmt::format("unknown word '{}' behind {}{}", text, first_word(), suggestion(text, known)));
  }

  bool take(const std::string& text, const Word& word, const Json& keys) {
    if (word.about == About::weights) return take_one(text, word.part, keys, weights_);
    if (word.about == About::inputs) return take_one(text, word.part, keys, inputs_);
    return take_part(text, word.part, keys, weights_) && take_part(text, word.part, keys, inputs_);
  }

  /// Of a word that speaks of one half, which must not be left alone.
  bool take_one(const std::string& text, Part part, const Json& keys, Half& half) {
    if (half.bits.empty())
      return fail(
          fmt::format("'{}' is of {}, which '{}' leaves alone", text, half.plural, first_word()));
    return take_part(text, part, keys, half);
  }

  bool take_part(const std::string& text, Part part, const Json& keys, Half& half) {
    std::string& said = half.said[static_cast<std::size_t>(part)];
    const bool is_granularity = part == Part::granularity;
    if (!said.empty())
      return fail(fmt::format(
          "says {} {}{} twice: {} and {}", is_granularity ? "the" : "its", name_of(part),
          is_granularity ? fmt::format(" of {}", half.plural) : "", said, text));
    said = text;
    half.keys.update(keys);
    return true;
  }

  std::string first_word() const { return split_words(node_.text()).front(); }

  bool read_either(const std::string& text) {
    const Json keys = {{"granularity", text}};
    const std::string& said = weights_.said[static_cast<std::size_t>(Part::granularity)];
    const bool is_inputs = weights_.bits.empty() || (!said.empty() && !inputs_.bits.empty());
    return take_one(text, Part::granularity, keys, is_inputs ? inputs_ : weights_);
  }

  const ConfigNode& node_;
  ConfigErrors& errors_;
  Half weights_{.tensor = "weight", .plural = "weights", .bits = {}, .keys = Json::object()};
  Half inputs_{.tensor = "input", .plural = "inputs", .bits = {}, .keys = Json::object()};
};

/// Whether it begins like "W4".
bool is_quantizer(const std::string& text) {
  const std::vector<std::string> parts = split_words(text);
  return !parts.empty() && parts.front().size() > 1 && parts.front().front() == 'W' &&
         std::isdigit(static_cast<unsigned char>(parts.front()[1])) != 0;
}

/// The scope that a word means, as it stands in YAML; null where it means none.
Json scope_of(const std::string& text) {
  for (const Word& word : words()) {
    if (!is_unit(word)) continue;
    if (word.example == nullptr && text == word.name) return text;
    const std::optional<std::string> number =
        word.example == nullptr ? std::nullopt : number_behind(text, word.name);
    if (number) return word.keys(*number)["granularity"];
  }
  return {};
}

/// The relation that a word means, as it stands in YAML; null where it means none.
Json relation_of(const std::string& text) {
  for (const Kind<Relation>& kind : relations().kinds()) {
    if (kind.plain && text == kind.name) return text;
    if (!kind.has_parameter()) continue;
    if (const std::optional<std::string> number = number_behind(text, kind.name))
      return {{kind.name, *number}};
  }
  return {};
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
    return entry_of(tensor, keys_, node_);
  }

 private:
  /// The word at i with those that belong to it: a quantizer's own behind `reference=W4`, and a
  /// unit behind `snr=20`. Moves i to the last of them.
  static std::string joined(const std::vector<std::string>& parts, std::size_t& i) {
    std::string word = parts[i];
    const std::size_t equal = word.find('=');
    if (equal == std::string::npos) return word;
    if (is_quantizer(word.substr(equal + 1)))
      while (i + 1 < parts.size() && parts[i + 1].find('=') == std::string::npos)
        word += " " + parts[++i];
    for (const Amount& amount : kAmounts)
      if (word.substr(0, equal) == amount.name && i + 1 < parts.size() &&
          is_same_word(parts[i + 1], amount.unit))
        word += parts[++i];
    return word;
  }
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
    if (is_quantizer(upper))
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
    if (const Json scope = scope_of(text); !scope.is_null()) return set("scope", scope);
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
    // Keys that have words of their own may be said by these as well.
    if (name == "scope" || name == "relation") {
      const Json word = name == "scope" ? scope_of(value) : relation_of(value);
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
    if (has_key("strength"))
      for (const Amount& amount : kAmounts) known.emplace_back(amount.name);
    for (const FieldDoc& field : kind_->fields)
      if (!is_written_otherwise(field.name)) known.push_back(field.name);
    return known;
  }

  /// All that may stand behind this noise, as it is written.
  std::vector<std::string> known_words() const {
    std::vector<std::string> known;
    if (has_key("strength")) known = {"l2=0.1", "snr=20dB", "rms=0.01"};
    for (const FieldDoc& field : kind_->fields)
      if (!is_written_otherwise(field.name)) known.push_back(field.name + "=" + example_of(field));
    if (has_key("relation"))
      for (const Choice& choice : relations().choices())
        known.push_back(choice.name.front() == '{' ? "power0.5" : choice.name);
    if (has_key("scope"))
      for (const Word& word : words())
        if (is_unit(word)) known.push_back(written(word));
    return known;
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

bool is_blank(const ConfigNode& text, ConfigErrors& errors) {
  if (!split_words(text.text()).empty()) return false;
  errors.add(text, "is empty; write an entry, or a shorthand such as 'W4A8 g64'");
  return true;
}

}  // namespace

std::optional<std::vector<ConfigNode>> expand_shorthand(const ConfigNode& text, const Kinds& kinds,
                                                        ConfigErrors& errors) {
  if (is_blank(text, errors)) return std::nullopt;
  if (!is_quantizer(text.text())) {
    std::optional<ConfigNode> noise = NoiseText(text, kinds, errors).read();
    return noise ? std::optional(std::vector<ConfigNode>{*noise}) : std::nullopt;
  }
  QuantizerText quantizer(text, errors);
  if (!quantizer.read()) return std::nullopt;
  return quantizer.entries();
}

std::optional<ConfigNode> expand_quantizer(const ConfigNode& text, SiteTensor tensor,
                                           ConfigErrors& errors) {
  if (is_blank(text, errors)) return std::nullopt;
  if (!is_quantizer(text.text())) {
    errors.add(text, fmt::format("{} is no quantizer; write it like 'W4 g64 asym', or as {{grid: "
                                 "..., bits: ..., granularity: ...}}",
                                 describe(text)));
    return std::nullopt;
  }
  QuantizerText quantizer(text, errors);
  if (!quantizer.read()) return std::nullopt;
  if (quantizer.is_smoothed()) {
    errors.add(text,
               "smoothquant stands for entries that differ from linear to linear; write the "
               "quantizer out: {grid: ..., channel_scale: {smoothquant: {alpha: 0.5}}}");
    return std::nullopt;
  }
  const bool weights = tensor == SiteTensor::weight;
  const Half& half = weights ? quantizer.weights() : quantizer.inputs();
  if (half.bits.empty()) {
    errors.add(text, fmt::format("'{}' leaves {} alone, and this is one of them; write {}",
                                 text.text(), half.plural, weights ? "W4" : "W16A8, say"));
    return std::nullopt;
  }
  return node_of(QuantizerText::config(half), text.place()).with_path(text.path());
}

std::vector<ShorthandWord> quantizer_words() {
  std::vector<ShorthandWord> result;
  for (const Word& word : words()) {
    const std::string text = written(word);
    const std::string number = text.substr(std::string_view(word.name).size());
    result.push_back({text, to_flow_yaml(to_json(node_of(word.keys(number), {})))});
  }
  return result;
}

}  // namespace nf
