#include "eval/analysis/noise_pairs.h"

#include <algorithm>
#include <map>
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

/// Lines of noise that is matched to one quantizer, in one way.
struct MatchedNoise {
  Json sites{}, entries{};
  std::vector<const ResultLine*> lines{};
};

/// What the noise of a line takes its size from, entry by entry; null where one has a size of its
/// own.
Json matched_entries(const ResultLine& line) {
  Json entries = Json::array();
  for (const Json& entry : line.key().entries) {
    const auto strength = entry.find("strength");
    if (strength == entry.end() || !strength->is_object() || !strength->contains("match"))
      return nullptr;
    entries.push_back({{"tensor", entry.value("tensor", "")},
                       {"reshape", entry.value("reshape", Json())},
                       {"match", strength->at("match")}});
  }
  return entries;
}

/// The groups in the order of their first lines. Thousands of points share few of them, and each
/// quantizer is held against the groups alone.
std::vector<MatchedNoise> matched_noises(const std::vector<const ResultLine*>& noises) {
  std::vector<MatchedNoise> groups;
  std::map<std::string, std::size_t> places;
  for (const ResultLine* line : noises) {
    Json entries = matched_entries(*line);
    if (entries.is_null()) continue;
    Json sites = site_names(*line);
    const auto [place, is_new] = places.emplace(
        Json::array({sites, entries}).dump(-1, ' ', false, Json::error_handler_t::ignore),
        groups.size());
    if (is_new) groups.push_back({std::move(sites), std::move(entries)});
    groups[place->second].lines.push_back(line);
  }
  return groups;
}

/// Whether the noise has the size of that quantizer, entry by entry.
bool matches(const MatchedNoise& noise, const Json& sites, const ResultLine& quantizer) {
  const Json& other = quantizer.key().entries;
  if (noise.entries.size() != other.size() || noise.sites != sites) return false;
  for (std::size_t i = 0; i < other.size(); ++i) {
    const Json& own = noise.entries[i];
    if (own.at("tensor") != other[i].value("tensor", "") ||
        own.at("reshape") != other[i].value("reshape", Json()) ||
        !says_all(other[i], own.at("match")))
      return false;
  }
  return true;
}

void add_pair(const ResultLine& against, const ResultLine& trial, std::vector<NoisePair>& pairs) {
  pairs.push_back({.against = &against,
                   .trial = &trial,
                   .against_family = noise_family(against.key()),
                   .trial_family = noise_family(trial.key())});
}

/// Each quantizer against the noise of its size.
void add_matched(const std::vector<const ResultLine*>& noises,
                 const std::vector<const ResultLine*>& quantizers, std::vector<NoisePair>& pairs) {
  const std::vector<MatchedNoise> groups = matched_noises(noises);
  if (groups.empty()) return;
  for (const ResultLine* quantizer : quantizers) {
    const Json sites = site_names(*quantizer);
    for (const MatchedNoise& group : groups)
      if (matches(group, sites, *quantizer))
        for (const ResultLine* noise : group.lines) add_pair(*noise, *quantizer, pairs);
  }
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
  std::vector<std::vector<const ResultLine*>> groups;
  std::map<std::string, std::size_t> places;
  for (const ResultLine* line : noises) {
    const Json size = size_of(*line);
    if (size.is_null()) continue;
    const auto [place, is_new] =
        places.emplace(size.dump(-1, ' ', false, Json::error_handler_t::ignore), groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(line);
  }
  return groups;
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
  add_matched(lines.noises, lines.quantizers, pairs);
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
