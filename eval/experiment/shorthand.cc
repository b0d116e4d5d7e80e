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
enum class Part { granularity, symmetry, grid, method };

constexpr const char* kPartNames[] = {"granularity", "symmetry", "grid", "method"};

const char* name_of(Part part) { return kPartNames[static_cast<std::size_t>(part)]; }

/// The tensors that a word can be about.
enum class About { weights, inputs, either, both };

/// A word behind W4A8. A method or grid that is added to the program needs its keys here.
struct Word {
  const char* name;     ///< of a numbered word: what stands before the number
  const char* example;  ///< null: a word without a number
  Part part;
  About about;
  /// The keys that it stands for, in the text of the entry; null: there is no such thing yet.
  Json (*keys)(const std::string& number);
};

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
      {"nf4", nullptr, Part::grid, About::both, nullptr},
      {"rtn", nullptr, Part::method, About::both,
       [](Text) {
         return Json{{"method", "rtn"}};
       }},
      {"gptq", nullptr, Part::method, About::both, nullptr},
      {"awq", nullptr, Part::method, About::both, nullptr},
      {"smoothquant", "smoothquant0.5", Part::method, About::both, nullptr},
      {"adadim", "adadim64", Part::method, About::both, nullptr},
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
  std::string bits;           ///< empty: they are left alone
  std::string granularity{};  ///< the word that said it
  Json keys{};
};

constexpr const char* kUntouched = "16";  ///< bits of what is left alone

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
    return json;
  }

  const Half& weights() const { return weights_; }
  const Half& inputs() const { return inputs_; }

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
      std::string number;
      if (word.example != nullptr) {
        const std::optional<std::string> given = number_behind(text, word.name);
        if (!given) continue;
        number = *given;
      } else if (text != word.name) {
        continue;
      }
      return word.keys == nullptr ? refuse(text, word.part) : take(text, word, word.keys(number));
    }
    std::vector<std::string> known;
    for (const Word& word : words())
      if (word.keys != nullptr)
        known.emplace_back(word.example == nullptr ? word.name : word.example);
    return fail(fmt::format("unknown word '{}' behind {}{}", text,
                            split_words(node_.text()).front(), suggestion(text, known)));
  }

  bool refuse(const std::string& text, Part part) {
    std::vector<std::string> known;
    for (const Word& word : words())
      if (word.part == part && word.keys != nullptr)
        known.emplace_back(word.example == nullptr ? word.name : word.example);
    return fail(fmt::format("'{}': there is no such {} in this version; there is: {}", text,
                            name_of(part), fmt::join(known, ", ")));
  }

  bool take(const std::string& text, const Word& word, const Json& keys) {
    if (word.about == About::weights) return take_granularity(text, keys, weights_);
    if (word.about == About::inputs) return take_granularity(text, keys, inputs_);
    std::string& said = said_[static_cast<std::size_t>(word.part)];
    if (!said.empty())
      return fail(fmt::format("says its {} twice: {} and {}", name_of(word.part), said, text));
    said = text;
    weights_.keys.update(keys);
    inputs_.keys.update(keys);
    return true;
  }

  bool take_granularity(const std::string& text, const Json& keys, Half& half) {
    if (half.bits.empty())
      return fail(fmt::format("'{}' is of {}, which '{}' leaves alone", text, half.plural,
                              split_words(node_.text()).front()));
    if (!half.granularity.empty())
      return fail(fmt::format("says the granularity of {} twice: {} and {}", half.plural,
                              half.granularity, text));
    half.granularity = text;
    half.keys.update(keys);
    return true;
  }

  bool read_either(const std::string& text) {
    const Json keys = {{"granularity", text}};
    const bool is_inputs =
        weights_.bits.empty() || (!weights_.granularity.empty() && !inputs_.bits.empty());
    return take_granularity(text, keys, is_inputs ? inputs_ : weights_);
  }

  const ConfigNode& node_;
  ConfigErrors& errors_;
  Half weights_{.tensor = "weight", .plural = "weights", .bits = {}, .keys = Json::object()};
  Half inputs_{.tensor = "input", .plural = "inputs", .bits = {}, .keys = Json::object()};
  std::string said_[std::size(kPartNames)];
};

/// Whether it begins like "W4".
bool is_quantizer(const std::string& text) {
  const std::vector<std::string> parts = split_words(text);
  return !parts.empty() && parts.front().size() > 1 && parts.front().front() == 'W' &&
         std::isdigit(static_cast<unsigned char>(parts.front()[1])) != 0;
}

ConfigNode entry_of(const std::string& tensor, const Json& keys, const ConfigNode& text) {
  Json json = {{"sites", {{"tensor", tensor}}}};
  json.update(keys);
  return node_of(json, text.place()).with_path(text.path());
}

/// The scope that a word means, as it stands in YAML; null where it means none.
Json scope_of(const std::string& text) {
  for (const Word& word : words()) {
    if (word.part != Part::granularity) continue;
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
      if (!read_word(parts[i])) return std::nullopt;
    }
    return entry_of(tensor, keys_, node_);
  }

 private:
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
    std::vector<std::string> known = {"l2=0.1", "snr=20dB", "rms=0.01"};
    for (const Choice& choice : relations().choices())
      known.push_back(choice.name.front() == '{' ? "power0.5" : choice.name);
    for (const Word& word : words())
      if (word.part == Part::granularity)
        known.emplace_back(word.example == nullptr ? word.name : word.example);
    fail(fmt::format("unknown word '{}' behind {}{}", text, kind_->name, suggestion(text, known)));
    return false;
  }

  /// `l2=0.1`, or a key of the kind's own: `df=5`.
  bool read_value(const std::string& name, std::string value) {
    for (const Amount& amount : kAmounts) {
      if (name != amount.name) continue;
      const std::string_view unit = amount.unit;
      if (!unit.empty() && value.ends_with(unit)) value.resize(value.size() - unit.size());
      return set("strength", {{amount.key, value}});
    }
    std::vector<std::string> known;
    for (const Amount& amount : kAmounts) known.emplace_back(amount.name);
    for (const FieldDoc& field : kind_->fields) known.push_back(field.name);
    if (std::find(known.begin(), known.end(), name) != known.end()) return set(name, value);
    fail(fmt::format("unknown word '{}=' behind {}{}", name, kind_->name, suggestion(name, known)));
    return false;
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
  std::vector<ConfigNode> entries;
  for (const Half* half : {&quantizer.weights(), &quantizer.inputs()})
    if (!half->bits.empty())
      entries.push_back(entry_of(half->tensor, QuantizerText::config(*half), text));
  return entries;
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
    const std::string text = word.example == nullptr ? word.name : word.example;
    std::string meaning = "not in this version";
    if (word.keys != nullptr) {
      const std::string number =
          word.example == nullptr ? "" : text.substr(std::string_view(word.name).size());
      Json keys = word.keys(number);
      meaning = to_flow_yaml(to_json(node_of(keys, {})));
    }
    result.push_back({text, meaning, word.keys != nullptr});
  }
  return result;
}

}  // namespace nf
