#include "eval/experiment/quantizer_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "core/base/suggest.h"
#include "core/config/scalar.h"
#include "core/config/yaml_writer.h"
#include "eval/experiment/shorthand_text.h"
#include "quant/grid_spec.h"

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

/// A half of a quantizer: what it says of the weights, or of the inputs.
struct Half {
  const char* tensor;
  const char* plural;
  std::string bits;                              ///< empty: they are left alone
  std::string said[std::size(kPartNames)] = {};  ///< the word that said each part
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
    return check_own_bits();
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
          entries.push_back(shorthand_entry(half->tensor, keys_of(*half), node_, sites));
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

  /// A grid whose levels are given has bits of its own.
  bool check_own_bits() {
    std::string said, meant;
    for (const Half* half : {&weights_, &inputs_}) {
      if (half->bits.empty() || !half->keys.contains("grid")) continue;
      ConfigErrors later;
      const auto grid =
          ConfigValue<GridSpec>::read(shorthand_node(half->keys["grid"], node_.place()), later);
      if (!grid || !grid->own_bits || *grid->own_bits == parse_integer(half->bits)) continue;
      said = grid->name();
      meant = fmt::format("{}", *grid->own_bits);
    }
    if (said.empty()) return true;
    std::vector<std::string> parts = split_words(node_.text());
    parts.front() = "W" + (weights_.bits.empty() ? kUntouched : meant);
    if (!inputs_.bits.empty()) parts.front() += "A" + meant;
    return fail(fmt::format("the levels of grid {} are given, and so are their bits; write {}",
                            said, fmt::join(parts, " ")));
  }

  /// The whole text with another word in the place of that one.
  std::string with_word(const std::string& word, const std::string& other) const {
    std::vector<std::string> parts = split_words(node_.text());
    std::replace(parts.begin(), parts.end(), word, other);
    return fmt::format("{}", fmt::join(parts, " "));
  }

  bool read_word(const std::string& text) {
    for (const Word& word : words()) {
      if (word.example == nullptr && text == word.name) return take(text, word, word.keys(""));
      if (word.example == nullptr) continue;
      if (text == word.name)
        return fail(fmt::format("'{}' needs a number; write {}{}", text,
                                with_word(text, word.example),
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

}  // namespace

std::vector<ShorthandWord> quantizer_words() {
  std::vector<ShorthandWord> result;
  for (const Word& word : words()) {
    const std::string text = written(word);
    const std::string number = text.substr(std::string_view(word.name).size());
    result.push_back({text, to_flow_yaml(to_json(shorthand_node(word.keys(number), {})))});
  }
  return result;
}

bool is_quantizer_text(const std::string& text) {
  const std::vector<std::string> parts = split_words(text);
  return !parts.empty() && parts.front().size() > 1 && parts.front().front() == 'W' &&
         std::isdigit(static_cast<unsigned char>(parts.front()[1])) != 0;
}

std::optional<std::vector<ConfigNode>> expand_quantizer_entries(const ConfigNode& text,
                                                                ConfigErrors& errors) {
  QuantizerText quantizer(text, errors);
  return quantizer.read() ? std::optional(quantizer.entries()) : std::nullopt;
}

std::optional<ConfigNode> expand_quantizer(const ConfigNode& text, SiteTensor tensor,
                                           ConfigErrors& errors) {
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
  return shorthand_node(QuantizerText::config(half), text.place()).with_path(text.path());
}

Json unit_of_word(const std::string& text) {
  for (const Word& word : words()) {
    if (!is_unit(word)) continue;
    if (word.example == nullptr && text == word.name) return text;
    const std::optional<std::string> number =
        word.example == nullptr ? std::nullopt : number_behind(text, word.name);
    if (number) return word.keys(*number)["granularity"];
  }
  return {};
}

std::vector<std::string> unit_words() {
  std::vector<std::string> result;
  for (const Word& word : words())
    if (is_unit(word)) result.push_back(written(word));
  return result;
}

}  // namespace nf
