/// Calibrated quantizers against the results of their authors' own code.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "eval/plan/model_trial.h"
#include "eval/run/run_experiment.h"
#include "tests/support/calibrated_reference.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"
#include "tests/support/tokenizer_file.h"
#include "tests/support/trial_support.h"
#include "tests/support/untouched_inputs.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kCalibrationWindows = 32;
/// f32 sums in another order than torch.
constexpr double kUntouchedNll = 1e-5;
/// Rounding to the nearest level: a value near a tie falls either way with the last bit.
constexpr double kWeightShare = 0.005;
constexpr double kRoundedErrorShare = 0.01;
/// GPTQ feeds a flipped rounding forward: the first layer is tight, those behind it in their sum.
constexpr double kEqualCodes = 0.995;
constexpr double kFirstLayerErrorShare = 0.005, kErrorSumShare = 0.02;
/// Two losses as near as this may change places with the last bits of their sums.
constexpr double kNearTie = 0.01;
constexpr double kLossAboveBest = 1.001;

using CsvRow = std::map<std::string, std::string>;

/// The rows of sites.csv about weights of one trial, by site.
std::map<std::string, CsvRow> weights_of(const fs::path& folder, const std::string& trial) {
  std::map<std::string, CsvRow> sites;
  for (CsvRow& row : read_csv(folder / "sites.csv"))
    if (row["name"] == trial && row["tensor"] == "weight") sites[row["site"]] = row;
  return sites;
}

Matrix weight_of(const Decoder& decoder, const Site& site) {
  for (const LinearTensors& linear : decoder.spec().block(site.layer).linears) {
    if (linear.role != site.role) continue;
    Matrix weight(linear.out, linear.in);
    decoder.read_weight(site.layer, site.role, weight);
    return weight;
  }
  throw std::invalid_argument(site.name());
}

/// The weight as the trial makes it from these statistics of its inputs.
Matrix made_weight(const ModelTrial& trial, const Site& site, const Matrix& weight,
                   const InputStatistics& inputs) {
  Matrix made(weight.rows(), weight.cols());
  const StepKnowledge knowledge = {.inputs = &inputs};
  trial.weight(site.layer, site.role)
      .apply(weight, {.context = {.seed = trial.seed()}, .knowledge = std::span(&knowledge, 1)},
             made);
  return made;
}

/// The sets are known by their names alone: statistics come from elsewhere.
ModelTrial without_sets(const Trial& trial, const DecoderSpec& spec) {
  return ModelTrial(trial, spec, [](const std::string& set, std::uint64_t) {
    return std::make_shared<const CalibrationSet>(
        CalibrationSet{.name = set, .items = {}, .hash = set});
  });
}

class Calibrated : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    reference_dir_ = reference_dir();
    if (!reference_dir_) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR is not set";
    reference_.emplace(*reference_dir_, GetParam());
  }

  void run(const std::vector<CalibratedRow>& rows, Index windows) {
    rows_ = rows;
    windows_ = windows;
    std::ofstream(dir_ / "e.yaml")
        << calibrated_experiment(*reference_dir_, GetParam(), rows, windows);
    experiment_ = Experiment::load((dir_ / "e.yaml").string(), {}, Kinds::builtin());
    Progress progress(stderr, Progress::Style::quiet);
    run_experiment(*experiment_, {.out = out()}, progress);
  }

  /// layers: of which errors of outputs are compared.
  void compare(Index layers) {
    compare_baseline();
    const UntouchedInputs inputs(
        decoder(),
        read_npy_ints(CalibratedReference::folder(*reference_dir_) / "ids" / "ref64.npy"),
        kCalibrationWindows, layers, {.second_moment = true});
    for (const CalibratedRow& row : rows_) {
      SCOPED_TRACE(row.name);
      const bool agreed = compare_choices(row);
      compare_score(row, agreed);
      if (row.kind == CalibratedRow::Kind::rounding) {
        compare_weights(row);
        compare_rounding_errors(row, inputs);
      }
      if (row.kind == CalibratedRow::Kind::gptq) compare_first_layer(row, inputs);
    }
  }

  fs::path out() const { return dir_ / "out"; }
  Decoder& decoder() { return experiment_->models.front().decoder; }
  const Decoder& decoder() const { return experiment_->models.front().decoder; }

  std::optional<fs::path> reference_dir_;
  std::optional<CalibratedReference> reference_;
  Threads one_thread_{1};  ///< two wait for each other where others work on the machine
  TempDir dir_;
  std::optional<Experiment> experiment_;
  std::vector<CalibratedRow> rows_;
  Index windows_ = 0;

 private:
  std::string scores_key() const { return fmt::format("first_{}_windows", windows_); }
  CsvRow result(const std::string& trial) const {
    for (CsvRow& row : read_csv(out() / "results.csv"))
      if (row["name"] == trial) return row;
    ADD_FAILURE() << "no row of " << trial;
    return {};
  }
  void compare_baseline() const {
    const SortedJson& scores = reference_->json.at("fp32").at(scores_key());
    CsvRow ours = result("baseline");
    EXPECT_EQ(std::stoll(ours.at("tokens")), scores.at("tokens_scored").get<Index>());
    EXPECT_NEAR(std::stod(ours.at("nll")), scores.at("nll").get<double>(), kUntouchedNll);
  }
  void compare_score(const CalibratedRow& row, bool agreed) const {
    const SortedJson& scores = reference_->row(row.name).at(scores_key());
    CsvRow ours = result(row.name);
    ASSERT_EQ(ours.at("status"), "ok");
    const RowBounds bounds = row.bounds(GetParam(), windows_, agreed);
    const double kl = scores.at("kl").get<double>();
    EXPECT_NEAR(std::stod(ours.at("nll")), scores.at("nll").get<double>(), bounds.nll);
    EXPECT_NEAR(std::stod(ours.at("kl")), kl, bounds.kl_share * kl);
  }
  void compare_weights(const CalibratedRow& row) const {
    const auto ours = weights_of(out(), row.name);
    const SortedJson& sites = reference_->row(row.name).at("sites");
    EXPECT_EQ(ours.size(), sites.size());
    for (const auto& [module, site] : sites.items()) {
      const double theirs = site.at("w_rel_l2").get<double>();
      const std::string name = site_of_module(module).name();
      EXPECT_NEAR(std::stod(ours.at(name).at("delta_relative_l2")), theirs, kWeightShare * theirs)
          << name;
    }
  }

  /// Of weights that are made without calibration.
  void compare_rounding_errors(const CalibratedRow& row, const UntouchedInputs& inputs) const {
    const ModelTrial trial = model_trial(row.name);
    for (const auto& [module, site] : reference_->row(row.name).at("sites").items()) {
      const Site place = site_of_module(module);
      if (place.layer >= inputs.layers() ||
          !trial.weight(place.layer, place.role).input_needs().empty())
        continue;
      const double theirs = site.value("out_err_weight_only", site.at("out_err").get<double>());
      const Matrix weight = weight_of(decoder(), place);
      const InputStatistics& read = inputs.of(place.layer, place.role);
      EXPECT_NEAR(output_error(made_weight(trial, place, weight, read), weight, read), theirs,
                  kRoundedErrorShare * theirs)
          << module;
    }
  }

  /// Layer 0 reads what the untouched model gives, so that nothing is between the two programs but
  /// the method itself. Made from statistics that are gathered without the machinery of a run.
  void compare_first_layer(const CalibratedRow& row, const UntouchedInputs& inputs) const {
    const ModelTrial trial = model_trial(row.name);
    for (const auto& [module, site] : reference_->row(row.name).at("sites").items()) {
      const Site place = site_of_module(module);
      if (place.layer != 0) continue;
      SCOPED_TRACE(module);
      const Matrix weight = weight_of(decoder(), place);
      const Matrix made = made_weight(trial, place, weight, inputs.of(0, place.role));
      const double theirs = site.at("out_err").get<double>();
      EXPECT_NEAR(output_error(made, weight, inputs.of(0, place.role)), theirs,
                  kFirstLayerErrorShare * theirs);
      const std::string key = row.name + "|" + module.substr(module.find("layers."));
      if (reference_->arrays.has(key + "|codes")) {
        EXPECT_GE(equal_codes(made, key), kEqualCodes);
      }
    }
  }
  ModelTrial model_trial(const std::string& name) const {
    const ExperimentModel& model = experiment_->models.front();
    const auto trial = std::find_if(model.trials.begin(), model.trials.end(),
                                    [&](const Trial& each) { return each.name == name; });
    return without_sets(*trial, model.decoder.spec());
  }
  /// The share of places where ŵ = scale·(code − zero) has the reference's code.
  double equal_codes(const Matrix& made, const std::string& key) const {
    const NpzArray codes = reference_->arrays.read(key + "|codes");
    const NpzArray scales = reference_->arrays.read(key + "|scales");
    const NpzArray zeros = reference_->arrays.read(key + "|zeros");
    EXPECT_EQ(codes.shape, (std::vector<Index>{made.rows(), made.cols()}));
    const Index groups = std::ssize(scales.values) / made.rows();
    Index equal = 0;
    for (Index r = 0; r < made.rows(); ++r)
      for (Index c = 0; c < made.cols(); ++c) {
        const auto group = static_cast<std::size_t>(r * groups + c * groups / made.cols());
        const double code = made(r, c) / scales.values[group] + zeros.values[group];
        equal += std::lround(code) ==
                 std::lround(codes.values[static_cast<std::size_t>(r * made.cols() + c)]);
      }
    return static_cast<double>(equal) / static_cast<double>(made.size());
  }

  /// Whether all choices are those of the reference; fails where one is worse than a near tie.
  bool compare_choices(const CalibratedRow& row) const {
    const SortedJson& theirs = reference_->row(row.name);
    if (theirs.contains("search")) return compare_ratios(row.name, theirs.at("search"));
    return !theirs.contains("ic") || compare_axes(row.name, theirs.at("sites"));
  }
  bool compare_axes(const std::string& trial, const SortedJson& sites) const {
    const auto ours = weights_of(out(), trial);
    bool agreed = true;
    for (const auto& [module, site] : sites.items()) {
      const std::string name = site_of_module(module).name();
      const bool along_outputs = ours.at(name).at("axis") == "in";
      if (along_outputs == (site.at("dim").get<std::string>() == "ic")) continue;
      agreed = false;
      const double oc = site.at("loss").at("oc").get<double>();
      const double ic = site.at("loss").at("ic").get<double>();
      EXPECT_LT(std::abs(oc - ic), kNearTie * std::min(oc, ic)) << name;
    }
    return agreed;
  }
  bool compare_ratios(const std::string& trial, const SortedJson& groups) const {
    const auto ours = weights_of(out(), trial);
    bool agreed = true;
    for (const auto& [modules, search] : groups.items()) {
      const std::string name = site_of_module(modules.substr(0, modules.find('+'))).name();
      const auto losses = search.at("losses").get<std::vector<double>>();
      const double ratio = std::stod(ours.at(name).at("ratio"));
      const auto chosen =
          static_cast<std::size_t>(std::lround(ratio * static_cast<double>(losses.size())));
      agreed = agreed && std::abs(ratio - search.at("ratio").get<double>()) < 1e-9;
      EXPECT_LE(losses.at(chosen), kLossAboveBest * *std::min_element(losses.begin(), losses.end()))
          << name;
    }
    return agreed;
  }
};

std::vector<CalibratedRow> suite_rows(const std::string& model) {
  std::vector<CalibratedRow> rows = calibrated_rows();
  std::erase_if(rows, [&](const CalibratedRow& row) { return !row.in_suite(model); });
  return rows;
}

/// Rounding to nearest in the grid of a row of GPTQ.
std::string rounded_entries(const CalibratedRow& row) {
  return row.entries.substr(0, row.entries.find(", method: gptq")) + "}";
}

class GptqRows : public testing::TestWithParam<const char*> {};

class FirstEightCalibrated : public Calibrated {};
class First64Calibrated : public Calibrated {};

std::string family(const testing::TestParamInfo<const char*>& info) {
  return std::string(info.param).substr(0, 3) == "opt" ? "Opt" : "Llama";
}
INSTANTIATE_TEST_SUITE_P(Golden, FirstEightCalibrated, testing::Values("opt-23m", "llama-27m"),
                         family);
INSTANTIATE_TEST_SUITE_P(Slow, GptqRows, testing::Values("opt-23m", "llama-27m"), family);
INSTANTIATE_TEST_SUITE_P(Slow, First64Calibrated, testing::Values("opt-23m", "llama-27m"), family);

TEST_P(FirstEightCalibrated, AgreeWithTheirAuthorsCode) {
  run(suite_rows(GetParam()), 8);
  compare(1);
}

TEST_P(First64Calibrated, AgreeWithTheirAuthorsCode) {
  run(calibrated_rows(), 64);
  compare(decoder().spec().num_hidden_layers);
}

/// That is the least that it can do, on the inputs that it was made from.
TEST_P(GptqRows, ErrNoMoreThanRoundingAtAnySite) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR is not set";
  Decoder decoder = open_decoder(*dir / "models" / GetParam());
  const DecoderSpec& spec = decoder.spec();
  const UntouchedInputs inputs(
      decoder, read_npy_ints(CalibratedReference::folder(*dir) / "ids" / "ref64.npy"),
      kCalibrationWindows, spec.num_hidden_layers, {.second_moment = true});
  for (const CalibratedRow& row : calibrated_rows()) {
    if (row.kind != CalibratedRow::Kind::gptq) continue;
    SCOPED_TRACE(row.name);
    const ModelTrial gptq = without_sets(make_trials(row.entries).front(), spec);
    const ModelTrial rounded = make_model_trial(rounded_entries(row), spec);
    for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
      for (const Role role : spec.roles()) {
        const Site site{.layer = layer, .role = role, .tensor = SiteTensor::weight};
        const Matrix weight = weight_of(decoder, site);
        const InputStatistics& read = inputs.of(layer, role);
        const auto error = [&](const ModelTrial& trial) {
          return output_error(made_weight(trial, site, weight, read), weight, read);
        };
        EXPECT_LE(error(gptq), error(rounded)) << site.name();
      }
  }
}

}  // namespace
}  // namespace nf
