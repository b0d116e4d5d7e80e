#include "eval/experiment/meant_shorthand.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <regex>
#include <vector>

#include "core/config/scalar.h"
#include "eval/experiment/entry.h"
#include "eval/experiment/noise_words.h"
#include "eval/experiment/quantizer_words.h"
#include "eval/experiment/shorthand_text.h"

namespace nf {
namespace {

using Words = std::vector<std::string>;

/// Another way to say a word of the grammar: all of `pattern`, `$1` its number.
struct Saying {
  const char* pattern;
  const char* word;
};

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// The word of the grammar that it is another way to say, else the word in lower case; values stay.
std::string said(const std::string& word, const std::vector<Saying>& sayings) {
  const std::string lower = lower_case(word);
  for (const Saying& saying : sayings) {
    const std::regex pattern(saying.pattern);
    if (std::regex_match(lower, pattern)) return std::regex_replace(lower, pattern, saying.word);
  }
  return word.find('=') == std::string::npos ? lower : word;
}

std::string with_blanks(std::string text, std::string_view letters) {
  for (char& c : text)
    if (letters.find(c) != std::string_view::npos) c = ' ';
  return text;
}

/// Whether a number behind the word is its own: not that of a noise, whose size it is.
bool is_sized(const std::string& word) {
  static const std::regex names("(?:g|group|group[-_]?size|per-ic|power|l2|snr|rms|sigma)");
  return std::regex_match(lower_case(word), names);
}

/// "group 64" as "group64": a number alone belongs to the word before it that has none.
Words joined_numbers(const Words& words) {
  Words joined;
  for (const std::string& word : words) {
    if (!joined.empty() && parse_number(word) && is_sized(joined.back()))
      joined.back() += word;
    else
      joined.push_back(word);
  }
  return joined;
}

const std::vector<Saying>& quantizer_sayings() {
  static const std::vector<Saying> sayings = {
      {"(?:g|gs|group|groups|group[-_]?size|q[-_]?group[-_]?size)[-_=:]?([0-9]+)", "g$1"},
      {"(?:per[-_]?)?channel(?:[-_]?wise)?", "channel"},
      {"(?:per[-_]?)?token(?:[-_]?wise)?", "token"},
      {"(?:per[-_]?)?tensor(?:[-_]?wise)?", "tensor"},
      {"per[-_]?ic[-_=]?([0-9]+)", "per-ic$1"},
      {"symmetric(?:al)?", "sym"},
      {"(?:asymmetric(?:al)?|zero[-_]?point)", "asym"},
      {"(?:cube[-_]?root|cbrt)", "cube-root"},
      {"power[-_=]([0-9.]+)", "power$1"},
      {"smooth[-_]?quant[-_=]?([0-9.]+)", "smoothquant$1"},
      {"smooth[-_]?quant", "smoothquant0.5"},
      {"(?:ada[-_]?dim|adaptive)[-_=]?([0-9]+)", "adadim$1"},
      {"(?:round[-_]?to[-_]?nearest|round)", "rtn"},
      {"k[-_]?means", "kmeans"},
  };
  return sayings;
}

/// "W4A8 g64" of "w4 a8 group 64", "int4-g64", "4bit", "nf4"; empty where it begins otherwise.
std::string as_quantizer(const std::string& text) {
  std::string rest = lower_case(with_blanks(text, ",;/+"));
  if (rest.starts_with("nf4")) rest = "w4 " + rest;
  static const std::regex begin(
      "\\s*(?:w|int|q)?[-_]?([0-9]+)(?:[-_ ]?bits?)?[-_ ]*(?:a[-_]?([0-9]+)(?![a-z]))?[-_ ]*(.*)");
  std::smatch parts;
  if (!std::regex_match(rest, parts, begin)) return {};
  std::string result = "W" + parts[1].str();
  if (parts[2].matched) result += "A" + parts[2].str();
  for (const std::string& word : joined_numbers(split_words(parts[3].str())))
    result += " " + said(word, quantizer_sayings());
  return result;
}

const std::vector<Saying>& noise_sayings() {
  static const std::vector<Saying> sayings = {
      {"weights", "weight"},
      {"(?:inputs|activations?|acts?)", "input"},
      {"(?:normal|gauss|gaussian[-_]?noise)", "gaussian"},
      {"(?:relative[-_]?l2|rel[-_]?l2|l2|rel|relative)[=:]?([0-9.e+-]+)", "l2=$1"},
      {"(?:snr[-_]?db|snr)[=:]?([0-9.e+-]+)(?:db)?", "snr=$1dB"},
      {"([0-9.e+-]+)db", "snr=$1dB"},
      {"(?:sigma[-_]?abs|sigma|std|rms)[=:]?([0-9.e+-]+)", "rms=$1"},
      {"(?:g|group|group[-_]?size)[-_=:]?([0-9]+)", "g$1"},
      {"(?:per[-_]?)(channel|token|tensor)", "$1"},
      {"([0-9.e+-]+)", "l2=$1"},
  };
  return sayings;
}

bool is_tensor(const std::string& word) { return word == "weight" || word == "input"; }

/// "10%" as 0.1, alone or behind '='.
std::string without_percent(const std::string& word) {
  static const std::regex percent("(.*=)?([0-9.]+)%");
  std::smatch parts;
  if (!std::regex_match(word, parts, percent)) return word;
  const std::optional<double> value = parse_number(parts[2].str());
  return value ? fmt::format("{}{}", parts[1].str(), *value / 100.0) : word;
}

/// What the noise needs and the words do not say.
std::string missing_words(const NoiseKind& kind, const Words& words) {
  std::string text;
  for (const FieldDoc& field : kind.fields) {
    if (!field.required || field.name == "noise") continue;
    const auto says = [&](const std::string& word) {
      if (field.name != "strength") return word.starts_with(field.name + "=");
      return word.starts_with("l2=") || word.starts_with("snr=") || word.starts_with("rms=") ||
             word.starts_with("match=");
    };
    if (std::any_of(words.begin(), words.end(), says)) continue;
    if (field.name == "strength")
      text += " l2=0.1";
    else if (field.name == "reference")
      text += " reference=W4";
    else
      text += fmt::format(" {}={}", field.name, field.example.dump());
  }
  return text;
}

/// "input gaussian l2=0.1" of "inputs gaussian 0.1"; empty where it names no noise.
std::string as_noise(const std::string& text, const Kinds& kinds) {
  Words words;
  for (const std::string& word : joined_numbers(split_words(with_blanks(text, ",;"))))
    words.push_back(said(without_percent(word), noise_sayings()));
  std::stable_partition(words.begin(), words.end(), is_tensor);
  const auto name = std::find_if(words.begin(), words.end(), [&](const std::string& word) {
    return kinds.noises.find(word) != nullptr;
  });
  if (name == words.end()) return {};
  const bool is_behind_tensor =
      name == words.begin() || (name == words.begin() + 1 && is_tensor(words.front()));
  if (!is_behind_tensor) return {};
  return fmt::format("{}{}", fmt::join(words, " "),
                     missing_words(*kinds.noises.find(*name), words));
}

/// Whether entries come of it, as far as the text alone can tell: a variable may be anything.
bool is_accepted(const std::string& text, const Kinds& kinds) {
  ConfigErrors errors;
  const ConfigNode node = ConfigNode::scalar(text, false, {});
  std::vector<ConfigNode> entries;
  if (is_quantizer_text(text))
    entries = expand_quantizer_entries(node, errors).value_or(std::vector<ConfigNode>());
  else if (const std::optional<ConfigNode> noise = expand_noise(node, kinds, errors))
    entries = {*noise};
  if (text.find("${") == std::string::npos)
    for (const ConfigNode& entry : entries) read_entry(entry, EntryKind::any, kinds, errors);
  return errors.empty() && !entries.empty();
}

}  // namespace

std::string meant_shorthand(const std::string& text, const Kinds& kinds) {
  constexpr std::size_t kLongest =
      200;  // no shorthand is; std::regex goes as deep as a text is long
  if (text.size() > kLongest) return "";
  for (const std::string& meant : {as_quantizer(text), as_noise(text, kinds)})
    if (!meant.empty() && meant != text && is_accepted(meant, kinds)) return meant;
  return {};
}

}  // namespace nf
