/// Fuzzes experiment files. An input is the file, and the words of --set, one a line. Models and
/// texts stand where the repository has them; the models are tiny ones.

#include "eval/experiment/experiment.h"

#include <algorithm>
#include <cmath>

#include "core/config/yaml_reader.h"
#include "core/config/yaml_writer.h"
#include "core/io/read_file.h"
#include "eval/experiment/repeat_warnings.h"
#include "eval/plan/model_trial.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_mutator.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

const KindsPtr& kinds() {
  static const KindsPtr all = Kinds::builtin();
  return all;
}

/// The folder that experiments lie in.
const std::filesystem::path& experiment_folder() {
  static const std::filesystem::path folder = [] {
    const std::filesystem::path& root = fuzz_folder();
    for (const char* const dir : {"configs", "assets/text", "assets/models"})
      std::filesystem::create_directories(root / dir);
    tiny_opt({.layers = 3}).write(root / "assets/models/opt-nano");
    tiny_llama({.layers = 3}).write(root / "assets/models/llama-nano");
    write_input("assets/text/eval-en.txt", "some text\n");
    write_input("configs/tasks.jsonl", "{}\n");
    return root / "configs";
  }();
  return folder;
}

void check_round_trip(const Json& value) {
  ConfigErrors errors;
  const std::string text = to_yaml(value);
  const Json again = to_json(parse_yaml(text, "resolved.yaml", errors));
  NF_FUZZ_CHECK(errors.count() == 0 && again == value, "resolved.yaml reads back as another:\n{}",
                text);
}

void check_trial(const Trial& trial) {
  NF_FUZZ_CHECK(!trial.entries.empty() || trial.vars.empty(), "{} without an entry", trial.name);
  if (!trial.bisect) return;
  for (const double value : {trial.bisect->range.lowest, trial.bisect->range.highest}) {
    const Trial step = trial.at(value);
    NF_FUZZ_CHECK(!step.bisect && step.entries.size() == trial.entries.size(), "{}", trial.name);
  }
}

/// What an entry selects is there, and something is.
void check_sites(const Trial& trial, const DecoderSpec& spec) {
  for (const Entry& entry : trial.entries) {
    const std::vector<Site> sites = entry.sites.select(spec);
    NF_FUZZ_CHECK(!sites.empty(), "an entry of {} selects nothing", trial.name);
    for (const Site& site : sites)
      NF_FUZZ_CHECK(site.layer < spec.num_hidden_layers, "{} of {} layers", site.name(),
                    spec.num_hidden_layers);
  }
  if (!trial.bisect) ModelTrial(trial, spec);
}

void check_experiment(const std::string& text, const std::vector<std::string>& set) {
  const std::string folder = experiment_folder().string();
  const Experiment experiment = Experiment::load(
      {.text = text, .name = "e.yaml", .directory = folder, .set = set, .set_directory = folder},
      kinds());
  NF_FUZZ_CHECK(!experiment.models.empty(), "no model");
  for (const ExperimentModel& model : experiment.models) {
    for (const Trial& trial : model.trials) check_trial(trial);
    for (std::size_t i = 0; i < std::min(model.trials.size(), std::size_t{16}); ++i)
      check_sites(model.trials[i], model.decoder.spec());
  }
  for (const std::string& warning : repeat_warnings(experiment))
    NF_FUZZ_CHECK(warning.find('\n') == std::string::npos, "{}", warning);
  check_round_trip(experiment.resolved());
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < 4) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_finite(const Json& value) {
  if (value.is_number_float()) return std::isfinite(value.get<double>());
  return std::all_of(value.begin(), value.end(), [](const Json& child) {
    return !child.is_structured() && !child.is_number_float() ? true : is_finite(child);
  });
}

/// Changes the tree of a YAML text. Whether it was one.
bool change_tree(std::string& text, JsonMutator& mutator) {
  Json root;
  const bool sound = accepts([&] {
    ConfigErrors errors;
    root = to_json(parse_yaml(text, "e.yaml", errors));
  });
  if (!sound || !root.is_structured()) return false;
  mutator.mutate(root);
  root = Json::parse(root.dump(-1, ' ', false, Json::error_handler_t::ignore));  // UTF-8 again
  if (!root.is_structured() || !is_finite(root)) return false;
  text = to_yaml(root);
  return true;
}

}  // namespace

void make_seeds(const SaveSeed& save) {
  const std::filesystem::path configs = std::filesystem::path(NF_SOURCE_DIR) / "configs";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(configs))
    if (entry.is_regular_file() && entry.path().parent_path().filename() != "templates")
      save(entry.path().stem().string(),
           join_input({read_text_file(entry.path()), "seed=3\ntrials.0.repeat=2"}));
  save("kinds", R"(experiment: kinds
model: ../assets/models/llama-nano
data: {jsonl: tasks.jsonl, field: text, context: 64, windows: 4, convention: strided, stride: 16, bos: window}
tasks:
  - {name: piqa, kind: multiple_choice, file: tasks.jsonl, limit: 20}
  - {name: words, kind: last_word, file: tasks.jsonl, bos: true}
seed: 7
memory: 2GiB
stats: all
detail: confidence
stop: {kl_halfwidth: 0.01, min_blocks: 20}
trials:
  - name: &n several
    zip: {bits: [3, 4, 8], g: [16, 32, 64]}
    distort:
      - {sites: {tensor: weight, roles: [q_proj, o_proj], layers: [0, 2-4]}, grid: uniform, bits: "${bits}", symmetric: true, granularity: {group: "${g}"}}
      - {sites: {tensor: input, not: {layers: 0}}, noise: student_t, df: 5, strength: {snr_db: 30}, relation: proportional, scope: token}
  - name: matched
    perturb:
      - sites: {tensor: weight}
        noise: laplace
        scope: {group: 32}
        strength: {match: {grid: uniform, bits: 4, symmetric: false, granularity: {group: 32}}}
  - name: design
    factorial: {of: role, resolution: 4}
    quantize: [{sites: {tensor: weight}, grid: power, bits: 4, granularity: channel}]
)");
}

}  // namespace nf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nf;
  const std::vector<std::string_view> parts = split_input(as_text(data, size), 2);
  accepts([&] { check_experiment(std::string(parts[0]), lines_of(parts[1])); });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  using namespace nf;
  JsonMutator mutator(seed, fuzz_words());
  return mutate_parts(mutator, 2, data, size, most, [&](std::size_t part, std::string& text) {
    return part == 0 && change_tree(text, mutator);
  });
}
