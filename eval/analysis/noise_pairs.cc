#include "eval/analysis/noise_pairs.h"

#include <algorithm>
#include <set>

#include "eval/analysis/compare.h"
#include "eval/analysis/compare_lines.h"
#include "eval/analysis/grid_pairs.h"
#include "eval/analysis/twin_ratios.h"
#include "eval/output/csv.h"

namespace nf {
namespace {

constexpr const char* kPlainFamily = "gaussian";

bool is_noise(const Json& entry) { return entry.is_object() && entry.contains("noise"); }

std::string family_of(const Json& entry) {
  std::string family = csv_value(entry.at("noise"));
  for (const char* key : {"relation", "keep"}) {
    const auto found = entry.find(key);
    if (found != entry.end() && *found != "independent") family += " " + csv_value(*found);
  }
  return family;
}

/// Where noise acts, on a model of which shape, and how large it is, in each entry: equal for two
/// families of one size. Null of an entry without a strength.
Json size_of(const ResultLine& line) {
  Json size = Json::array({site_names(line)});
  for (const Json& entry : line.key().entries) {
    if (!entry.contains("strength") || entry.at("strength").is_null()) return nullptr;
    size.push_back({entry.value("tensor", ""), entry.at("strength"), entry.value("dose", 1.0),
                    entry.value("scope", Json()), entry.value("reshape", Json())});
  }
  return size;
}

/// Whether `entry` says all that `part` says.
bool says_all(const Json& entry, const Json& part) {
  return part.is_object() &&
         std::all_of(part.items().begin(), part.items().end(), [&entry](const auto& item) {
           const auto found = entry.find(item.key());
           return found != entry.end() && *found == item.value();
         });
}

/// Whether the noise has the size of that quantizer, entry by entry.
bool matches(const ResultLine& noise, const ResultLine& quantizer) {
  const Json &own = noise.key().entries, &other = quantizer.key().entries;
  if (own.size() != other.size() || site_names(noise) != site_names(quantizer)) return false;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto strength = own[i].find("strength");
    if (strength == own[i].end() || !strength->is_object() || !strength->contains("match") ||
        own[i].value("tensor", "") != other[i].value("tensor", "") ||
        own[i].value("reshape", Json()) != other[i].value("reshape", Json()) ||
        !says_all(other[i], strength->at("match")))
      return false;
  }
  return true;
}

/// The lines that may be compared.
struct Lines {
  std::vector<const ResultLine*> noises{}, quantizers{};

  explicit Lines(const ModelLines& model) {
    for (const ResultLine& line : model.lines) {
      const RowKey& key = line.key();
      if (!key.design.kind.empty() || key.search || is_twin(key) || line.samples().empty())
        continue;
      if (!noise_family(key).empty())
        noises.push_back(&line);
      else if (is_quantized(key))
        quantizers.push_back(&line);
    }
  }
};

/// The lines of one size, in the order of their first.
std::vector<std::vector<const ResultLine*>> by_size(const std::vector<const ResultLine*>& noises) {
  std::vector<std::pair<Json, std::vector<const ResultLine*>>> groups;
  for (const ResultLine* line : noises) {
    const Json size = size_of(*line);
    if (size.is_null()) continue;
    const auto found = std::find_if(groups.begin(), groups.end(),
                                    [&size](const auto& group) { return group.first == size; });
    if (found == groups.end())
      groups.emplace_back(size, std::vector{line});
    else
      found->second.push_back(line);
  }
  std::vector<std::vector<const ResultLine*>> lines;
  for (auto& [size, group] : groups) lines.push_back(std::move(group));
  return lines;
}

void add_pair(const ResultLine& against, const ResultLine& trial, std::vector<NoisePair>& pairs) {
  pairs.push_back({.against = &against,
                   .trial = &trial,
                   .against_family = noise_family(against.key()),
                   .trial_family = noise_family(trial.key())});
}

void add_families(const std::vector<const ResultLine*>& group, std::vector<NoisePair>& pairs) {
  const auto plain = std::find_if(group.begin(), group.end(), [](const ResultLine* line) {
    return noise_family(line->key()) == kPlainFamily;
  });
  const ResultLine& against = plain == group.end() ? *group.front() : **plain;
  for (const ResultLine* line : group)
    if (noise_family(line->key()) != noise_family(against.key())) add_pair(against, *line, pairs);
}

}  // namespace

std::string noise_family(const RowKey& key) {
  std::string family;
  for (const Json& entry : key.entries) {
    if (!is_noise(entry)) return "";
    const std::string own = family_of(entry);
    if (family != own) family += (family.empty() ? "" : " + ") + own;
  }
  return family;
}

const ComparedFigure* NoisePair::kl() const {
  return comparison.figures.empty() ? nullptr : &comparison.figures.front();
}

std::vector<NoisePair> noise_pairs(const ModelLines& model) {
  std::vector<NoisePair> pairs;
  if (model.baseline == nullptr || model.baseline->failed()) return pairs;
  const Lines lines(model);
  for (const std::vector<const ResultLine*>& group : by_size(lines.noises))
    add_families(group, pairs);
  for (const ResultLine* quantizer : lines.quantizers)
    for (const ResultLine* noise : lines.noises)
      if (matches(*noise, *quantizer)) add_pair(*noise, *quantizer, pairs);
  std::vector<ComparedLines> compared;
  for (const NoisePair& pair : pairs)
    compared.push_back({.against = pair.against, .trial = pair.trial});
  ModelComparison comparison = compare_pairs(
      model, compared, {.figures = {"kl"}, .ratio = true, .margin = {}, .bootstrap = false});
  for (std::size_t i = 0; i < pairs.size(); ++i)
    pairs[i].comparison = std::move(comparison.lines[i]);
  return pairs;
}

}  // namespace nf
