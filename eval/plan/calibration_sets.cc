#include "eval/plan/calibration_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/utf8.h"
#include "core/io/gzip.h"
#include "core/io/npy.h"
#include "core/random/draw_key.h"
#include "core/random/philox.h"
#include "eval/data/read_windows.h"
#include "eval/tasks/task_line.h"

namespace nf {
namespace {

/// Python's string.punctuation + string.whitespace.
constexpr std::string_view kNonsense = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\v\f";
/// Characters that are drawn at first for each token that is wanted.
constexpr Index kCharactersOfAToken = 4;

std::vector<std::uint64_t> draw(Index count, std::uint64_t key, std::uint64_t seed) {
  std::vector<std::uint64_t> draws(static_cast<std::size_t>(count));
  philox_kernels().draw_u64(draws.data(), count, 0, key, seed);
  return draws;
}

/// A draw as a number in [0, count), all equally likely but for 2^-64.
std::size_t number_below(std::uint64_t draw, Index count) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>((Wide{draw} * static_cast<std::uint64_t>(count)) >> 64);
}

/// Key of the draws of a set: they depend on its name, not on its place in the file.
std::uint64_t set_key(const CalibrationConfig& config) {
  return draw_key("calibration." + config.name, 0);
}

/// Appends the whole windows of a document, or all of it where it is shorter than one and
/// keep_short.
void cut(const std::vector<std::int32_t>& ids, Index context, bool keep_short,
         std::vector<std::vector<std::int32_t>>& windows) {
  if (keep_short && !ids.empty() && std::ssize(ids) < context) windows.push_back(ids);
  for (auto begin = ids.begin(); ids.end() - begin >= context; begin += context)
    windows.emplace_back(begin, begin + context);
}

/// The `count` places with the smallest draws, in ascending order. Each place has a draw of its
/// own, so that more windows hold the fewer.
std::vector<std::size_t> draw_places(Index places, Index count, std::uint64_t key,
                                     std::uint64_t seed) {
  const std::vector<std::uint64_t> draws = draw(places, key, seed);
  std::vector<std::size_t> order(draws.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto comes_first = [&draws](std::size_t a, std::size_t b) {
    return std::pair(draws[a], a) < std::pair(draws[b], b);
  };
  std::partial_sort(order.begin(), order.begin() + count, order.end(), comes_first);
  order.resize(static_cast<std::size_t>(count));
  std::sort(order.begin(), order.end());
  return order;
}

[[noreturn]] void fail(const ConfigNode& node, const std::string& cause) {
  ConfigErrors errors;
  errors.add(node, cause);
  throw ConfigError(errors.message());
}

[[noreturn]] void too_short(const CalibrationConfig& config, Index windows) {
  const std::string of_length =
      config.context ? fmt::format(" of {} tokens", *config.context) : std::string();
  fail(config.windows_node(),
       fmt::format("{} has {}{}{}; take a longer text or fewer windows", config.source(),
                   counted(windows, "window"), of_length,
                   config.windows ? fmt::format(", {} are asked for", *config.windows) : ""));
}

std::string joined(const std::vector<std::string>& documents) {
  std::string text;
  for (const std::string& document : documents) text += (text.empty() ? "" : "\n\n") + document;
  return text;
}

std::string overlap_text(const ReadCalibration& read, const std::string& model) {
  return fmt::format(
      "shares {} tokens with what {} is evaluated on, up to {} in a row, the first "
      "in {}: what is made from it looks better than it is",
      read.overlap.tokens, model, read.overlap.longest, read.overlap.first);
}

}  // namespace

CalibrationSets::CalibrationSets(const Experiment& experiment, const ExperimentModel& model,
                                 const EvalSet& evaluated)
    : configs_(experiment.config.calibration),
      kinds_(experiment.kinds),
      model_(model),
      evaluated_(evaluated) {}

const ReadCalibration& CalibrationSets::read(const std::string& name, std::uint64_t trial_seed) {
  const CalibrationConfig* config = find_calibration(configs_, name);
  NF_CHECK(config != nullptr, "no calibration set {}", name);
  const bool by_trial = config->is_drawn_by_trial();
  const std::uint64_t seed = config->seed ? config->seed->at(trial_seed) : 0;
  const std::pair place(static_cast<std::size_t>(config - configs_.data()), by_trial ? seed : 0);
  const auto known = read_.find(place);
  if (known != read_.end()) return known->second;
  const Windows windows = read_windows(*config, seed);
  check_ids(windows, *config);
  ReadCalibration read{.set = make_calibration_set(name, windows),
                       .seed = by_trial ? std::optional(seed) : std::nullopt,
                       .overlap = {}};
  read.overlap = find_overlap(*read.set, evaluated_);
  return read_.emplace(place, std::move(read)).first->second;
}

CalibrationSource CalibrationSets::source() {
  return [this](const std::string& name, std::uint64_t seed) { return read(name, seed).set; };
}

std::vector<CalibrationIdentity> CalibrationSets::identities() const {
  std::vector<CalibrationIdentity> identities;
  for (const auto& [place, read] : read_) {
    const CalibrationSize size = read.set->size();
    identities.push_back({.name = read.set->name,
                          .seed = read.seed,
                          .windows = size.windows,
                          .tokens = size.tokens,
                          .hash = read.set->hash,
                          .overlap = read.overlap.tokens});
  }
  return identities;
}

std::vector<std::string> CalibrationSets::warnings() const {
  std::vector<std::string> lines;
  for (const CalibrationConfig& config : configs_) {
    const auto pool = pools_.find(config.name);
    if (pool == pools_.end()) continue;
    const Index all = std::ssize(pool->second);
    if (config.windows.value_or(all) == all)
      lines.push_back(fmt::format(
          "{}: {} has {} windows, and each seed takes all of them: its draws are one set; fewer "
          "windows, or a longer text, make them differ",
          config.node.where(), config.name, all));
  }
  for (const auto& [place, read] : read_) {
    if (read.overlap.empty()) continue;
    const std::string of_seed = read.seed ? fmt::format("drawn by seed {}, ", *read.seed) : "";
    lines.push_back(fmt::format("{}: {}{}", configs_[place.first].node.where(), of_seed,
                                overlap_text(read, model_.name)));
  }
  return lines;
}

/// The windows in effect.
CalibrationSets::Windows CalibrationSets::read_windows(const CalibrationConfig& config,
                                                       std::uint64_t seed) {
  if (config.nonsense) return nonsense(config, seed);
  const auto pooled = pools_.find(config.name);
  Windows all = pooled != pools_.end() ? pooled->second : all_windows(config);
  const Index count = config.windows.value_or(std::ssize(all));
  if (all.empty() || std::ssize(all) < count) too_short(config, std::ssize(all));
  if (config.is_drawn_by_trial()) pools_.emplace(config.name, all);
  if (!config.seed) {
    all.resize(static_cast<std::size_t>(count));
    return all;
  }
  Windows drawn;
  for (const std::size_t place : draw_places(std::ssize(all), count, set_key(config), seed))
    drawn.push_back(std::move(all[place]));
  return drawn;
}

/// The rows of a file of ids, which are windows where no context is given.
CalibrationSets::Windows CalibrationSets::rows_of(const CalibrationConfig& config) const {
  const DecoderSpec& spec = model_.decoder.spec();
  Windows rows = read_id_documents(config.ids->resolved, spec.vocab_size);
  std::erase_if(rows, [](const std::vector<std::int32_t>& row) { return row.empty(); });
  if (config.context || rows.empty()) return rows;
  const Index length = std::ssize(rows.front());
  if (rows.size() == 1 && read_npy_ints(config.ids->resolved).shape.size() == 1)
    fail(config.node,
         fmt::format("{} is one row of {} ids: needs 'context', the length of a window",
                     config.source(), length));
  if (length > spec.max_position_embeddings)
    fail(config.node,
         fmt::format("{} has rows of {} ids, more than the {} positions of {}: needs "
                     "'context', the length of a window",
                     config.source(), length, spec.max_position_embeddings, model_.name));
  return rows;
}

/// Every window of the source.
CalibrationSets::Windows CalibrationSets::all_windows(const CalibrationConfig& config) {
  Windows windows;
  if (config.ids) {
    const Windows rows = rows_of(config);
    if (!config.context) return rows;
    for (const std::vector<std::int32_t>& row : rows) cut(row, *config.context, false, windows);
    return windows;
  }
  const bool apart = config.jsonl && !config.join;
  std::vector<std::string> texts = documents(config);
  if (!apart) texts = {joined(texts)};
  for (const std::string& text : texts) {
    check_utf8(text, config.source());
    cut(tokenizer().encode(text), *config.context, apart, windows);
  }
  return windows;
}

/// The texts of a source that is to be tokenized.
std::vector<std::string> CalibrationSets::documents(const CalibrationConfig& config) const {
  if (config.text) return {read_gzip_or_text_file(config.text->resolved)};
  if (config.jsonl) return read_jsonl_documents(config.jsonl->resolved, config.field);
  std::vector<std::string> texts;
  const TaskKind& kind = kinds_->tasks.at(config.task->kind);
  for (const TaskLine& line :
       read_task_lines(config.task->file.resolved, config.task->limit.value_or(-1)))
    texts.push_back(kind.read(line).right_text());
  return texts;
}

CalibrationSets::Windows CalibrationSets::nonsense(const CalibrationConfig& config,
                                                   std::uint64_t seed) {
  const Index tokens = *config.windows * *config.context;
  const std::uint64_t key = set_key(config);
  std::vector<std::int32_t> ids;
  if (*config.nonsense == Nonsense::characters) {
    ids = nonsense_characters(tokens, key, seed);
  } else {
    const Index vocab_size = model_.decoder.spec().vocab_size;
    for (const std::uint64_t each : draw(tokens, key, seed))
      ids.push_back(static_cast<std::int32_t>(number_below(each, vocab_size)));
  }
  Windows windows;
  cut(ids, *config.context, false, windows);
  windows.resize(static_cast<std::size_t>(*config.windows));
  return windows;
}

/// The ids of so many characters that there are more than `tokens` of them: the last one, which
/// more characters might make another, is none of those.
std::vector<std::int32_t> CalibrationSets::nonsense_characters(Index tokens, std::uint64_t key,
                                                               std::uint64_t seed) {
  for (Index characters = kCharactersOfAToken * tokens;; characters *= 2) {
    std::string text;
    for (const std::uint64_t each : draw(characters, key, seed))
      text += kNonsense[number_below(each, std::ssize(kNonsense))];
    std::vector<std::int32_t> ids = tokenizer().encode(text);
    if (std::ssize(ids) > tokens) return ids;
    NF_CHECK(characters < (Index{1} << 40), "{} ids of {} characters", ids.size(), characters);
  }
}

const Tokenizer& CalibrationSets::tokenizer() {
  if (!tokenizer_) tokenizer_ = Tokenizer::load(model_.path.resolved);
  return *tokenizer_;
}

/// Nobody else would notice that the tokenizer is another model's.
void CalibrationSets::check_ids(const Windows& windows, const CalibrationConfig& config) const {
  const Index vocab_size = model_.decoder.spec().vocab_size;
  for (const std::vector<std::int32_t>& window : windows)
    for (const std::int32_t id : window)
      if (id < 0 || id >= vocab_size)
        throw DataError(
            fmt::format("{}: calibration set '{}' has the token {}, the model's vocab_size is {}: "
                        "is the tokenizer another model's?",
                        model_.path.resolved.string(), config.name, id, vocab_size));
}

}  // namespace nf
