#include "eval/analysis/grid_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "eval/analysis/compare.h"
#include "eval/analysis/compare_lines.h"
#include "eval/design/twin_words.h"
#include "eval/output/csv.h"

namespace nf {
namespace {

/// Keys of an entry that say which grid it has.
constexpr const char* kGridKeys[] = {"grid", "symmetric", "levels", "zero_in_range", "weighted"};

/// nf4 has them, written or not.
constexpr int kBitsOfNf4 = 4;

void add_new(const std::string& text, std::vector<std::string>& texts) {
  if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end())
    texts.push_back(text);
}

std::string joined(const std::vector<std::string>& texts, const char* separator) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : separator) + text;
  return all;
}

std::string text_at(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  return found == entry.end() ? "" : csv_value(*found);
}

/// A name, or the name of a mapping of one: {"awq": {...}}.
std::string word_at(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end()) return "";
  if (found->is_object() && !found->empty()) return found->begin().key();
  return found->is_string() ? found->get<std::string>() : "";
}

std::string grid_word(const Json& entry) {
  const Json& grid = entry.at("grid");
  if (grid == "power") return "cube root";
  if (grid.is_object() && grid.contains("power")) return "power " + csv_value(grid.at("power"));
  const std::string word = word_at(entry, "grid");
  const bool is_asymmetric = word == "uniform" && entry.value("symmetric", true) == false;
  return word + (is_asymmetric ? " asym" : "");
}

bool is_uniform(const Json& entry) { return word_at(entry, "grid") == "uniform"; }

std::string method_word(const Json& entry) {
  const std::string method = word_at(entry, "method"), scale = word_at(entry, "channel_scale"),
                    range = text_at(entry, "range");
  std::vector<std::string> words;
  if (method != "rtn") add_new(method, words);
  if (scale != "none") add_new(scale, words);
  if (range != "minmax") add_new(range, words);
  return joined(words, " ");
}

/// The bits of a tensor's entries, "4"; empty where it has none.
std::string bits_of(const Json& entries, const char* tensor) {
  std::vector<std::string> bits;
  for (const Json& entry : entries)
    if (text_at(entry, "tensor") == tensor)
      add_new(word_at(entry, "grid") == "nf4" ? std::to_string(kBitsOfNf4) : text_at(entry, "bits"),
              bits);
  return joined(bits, "/");
}

std::string bits_word(const Json& entries) {
  const std::string weight = bits_of(entries, "weight"), input = bits_of(entries, "input");
  std::vector<std::string> words;
  if (!weight.empty() || !input.empty())
    words.push_back(
        fmt::format("W{}A{}", weight.empty() ? "16" : weight, input.empty() ? "16" : input));
  for (const Json& entry : entries) {
    const std::string tensor = text_at(entry, "tensor");
    if (tensor != "weight" && tensor != "input")
      add_new(fmt::format("{} {} bits", tensor, text_at(entry, "bits")), words);
  }
  return joined(words, ", ");
}

/// The entries without what only tells the grid, and where they act.
std::string condition_text_of(const ResultLine& line) {
  Json entries = line.key().entries;
  for (Json& entry : entries) {
    if (word_at(entry, "grid") == "nf4") entry["bits"] = kBitsOfNf4;
    for (const char* key : kGridKeys) entry.erase(key);
  }
  std::set<std::string> sites;
  for (const SiteStats& site : line.samples().front()->sites) sites.insert(site.site);
  return Json({entries, sites}).dump();
}

/// A line that may be one of a pair.
struct Candidate {
  const ResultLine* line = nullptr;
  std::string condition;
  bool uniform = false;
};

std::vector<Candidate> candidates(const ModelLines& model) {
  std::vector<Candidate> found;
  for (const ResultLine& line : model.lines) {
    const RowKey& key = line.key();
    if (!is_quantized(key) || !key.design.kind.empty() || key.search || line.samples().empty())
      continue;
    found.push_back({.line = &line,
                     .condition = condition_text_of(line),
                     .uniform = std::all_of(key.entries.begin(), key.entries.end(), is_uniform)});
  }
  return found;
}

}  // namespace

std::string QuantizerLabel::scheme() const {
  std::vector<std::string> words;
  for (const std::string* word : {&bits, &granularity, &method}) add_new(*word, words);
  return joined(words, " ");
}

QuantizerLabel quantizer_label(const Json& entries) {
  std::vector<std::string> granularities, grids, methods;
  for (const Json& entry : entries) {
    add_new(text_at(entry, "granularity"), granularities);
    add_new(grid_word(entry), grids);
    add_new(method_word(entry), methods);
  }
  return {.bits = bits_word(entries),
          .granularity = joined(granularities, ", "),
          .grid = joined(grids, ", "),
          .method = joined(methods, ", ")};
}

bool is_quantized(const RowKey& key) {
  const auto twin = key.vars.find(kTwinVariable);
  if (twin != key.vars.end() && twin->is_string() && *twin != "") return false;
  return !key.entries.empty() &&
         std::all_of(key.entries.begin(), key.entries.end(),
                     [](const Json& entry) { return entry.is_object() && entry.contains("grid"); });
}

const ComparedFigure* GridPair::kl() const {
  return comparison.figures.empty() ? nullptr : &comparison.figures.front();
}

std::vector<GridPair> grid_pairs(const ModelLines& model) {
  std::vector<GridPair> pairs;
  if (model.baseline == nullptr || model.baseline->failed()) return pairs;
  const std::vector<Candidate> lines = candidates(model);
  std::vector<ComparedLines> compared;
  for (const Candidate& uniform : lines) {
    for (const Candidate& other : lines) {
      if (!uniform.uniform || other.uniform || uniform.condition != other.condition) continue;
      compared.push_back({.against = uniform.line, .trial = other.line});
      pairs.push_back({.uniform = uniform.line,
                       .other = other.line,
                       .uniform_label = quantizer_label(uniform.line->key().entries),
                       .other_label = quantizer_label(other.line->key().entries)});
    }
  }
  ModelComparison comparison = compare_pairs(
      model, compared, {.figures = {"kl"}, .ratio = true, .margin = {}, .bootstrap = false});
  for (std::size_t i = 0; i < pairs.size(); ++i)
    pairs[i].comparison = std::move(comparison.lines[i]);
  return pairs;
}

}  // namespace nf
