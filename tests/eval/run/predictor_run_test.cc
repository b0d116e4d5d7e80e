/// run_experiment with `predict:`: the sums that it records are those of the definitions, on inputs
/// that the untouched model reads of the calibration set, and depend on nothing else.

#include <gtest/gtest.h>

#include <filesystem>

#include "core/io/npy.h"
#include "core/io/read_file.h"
#include "eval/records/file_names.h"
#include "eval/records/run_folder.h"
#include "eval/run/run_experiment.h"
#include "eval/verify/verify.h"
#include "tests/reference/predictor_reference.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"
#include "tests/support/trial_support.h"
#include "tests/support/untouched_inputs.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kContext = 48, kWindows = 6, kFirstWindows = 4, kLayers = 2;
constexpr double kTolerance = 1e-5;

const std::string kW4 =
    "{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel, "
    "symmetric: false}";
const std::string kNoise =
    "{sites: {tensor: weight, roles: [q_proj, down_proj]}, noise: gaussian, strength: "
    "{relative_l2: 0.1}}";
const std::string kA6 =
    "{sites: {tensor: input}, grid: uniform, bits: 6, granularity: token, symmetric: false}";
const std::string kInputNoise =
    "{sites: {tensor: input, roles: [k_proj, gate_proj]}, noise: gaussian, strength: {relative_l2: "
    "0.1}}";
const std::string kCache =
    "{sites: {tensor: k_cache}, noise: gaussian, strength: {relative_l2: 0.1}}";
const std::string kOuter =
    "{sites: {tensor: weight, roles: [embed_tokens, lm_head]}, noise: gaussian, strength: "
    "{relative_l2: 0.1}}, {sites: {tensor: input, roles: [lm_head]}, noise: gaussian, strength: "
    "{relative_l2: 0.1}}";

class IntegrationPredict : public testing::Test {
 protected:
  IntegrationPredict() {
    for (const auto& [name, salt] : {std::pair{"a.npy", 5}, std::pair{"b.npy", 6}})
      write_npy(files_ / name, std::to_string(4 * kContext) + ",",
                random_ids(4 * kContext, 300, static_cast<std::uint64_t>(salt)));
    write_npy(files_ / "set.npy", fmt::format("{}, {}", kWindows, kContext),
              random_ids(kWindows * kContext, 300, 1));
  }

  static std::string trial(const std::string& name, const std::string& entries) {
    return fmt::format("  - {{name: {}, distort: [{}]}}\n", name, entries);
  }
  static std::string all_trials() {
    return trial("w4", kW4) + trial("noise", kNoise) + trial("a6", kA6) +
           trial("inputs", kInputNoise) + trial("cache", kCache) + trial("outer", kOuter);
  }
  RunOutcome run(const std::string& out, const std::string& trials,
                 const std::string& predict = "{calibration: set}", const RunOptions& options = {},
                 const std::string& text = "a.npy") const {
    const fs::path yaml = files_.write(
        "e.yaml", fmt::format("experiment: e\nmodel: llama\ndata: {{ids: {}, context: {}}}\n"
                              "calibration: {{set: {{ids: set.npy}}}}\npredict: {}\ntrials:\n{}",
                              text, kContext, predict, trials));
    Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
    RunOptions here = options;
    here.out = files_ / out;
    Progress progress(stderr, Progress::Style::quiet);
    return run_experiment(experiment, here, progress);
  }
  /// Sites of a trial that have sums, by name.
  std::map<std::string, PredictorSums> sums(const std::string& out, const std::string& name) const {
    std::map<std::string, PredictorSums> found;
    for (const Record& record : RunFolder::read(files_ / out).records)
      if (record.name == name)
        for (const SiteStats& site : record.sites)
          if (site.predictor) found.emplace(site.site, *site.predictor);
    return found;
  }

  Decoder decoder() const {
    return Decoder::open(files_ / "llama", Kinds::builtin()->architectures);
  }
  /// All rows that linears of the untouched model read of the set.
  UntouchedInputs inputs(Decoder& decoder) const {
    decoder.prepare(kContext);
    return {decoder, read_npy_ints(files_ / "set.npy"), kWindows, kLayers, {.sample = true}};
  }
  static Matrix weight(const Decoder& decoder, Index layer, Role role) {
    for (const LinearTensors& linear : decoder.spec().block(layer).linears)
      if (linear.role == role) {
        Matrix weight(linear.out, linear.in);
        decoder.read_weight(layer, role, weight);
        return weight;
      }
    throw std::logic_error("no such linear");
  }

  ExperimentFiles files_;
};

void expect_near(const OutputSums& got, const ReferenceOutputs& expected, Index tokens) {
  EXPECT_EQ(got.tokens, tokens);
  EXPECT_EQ(got.windows, tokens / kContext);
  EXPECT_NEAR(got.error, expected.error, kTolerance * expected.error);
  EXPECT_NEAR(got.output, expected.output, kTolerance * expected.output);
  EXPECT_NEAR(got.bias, expected.bias, kTolerance * (expected.bias + 1e-3 * expected.error));
}

TEST_F(IntegrationPredict, RecordsWhatWeightsDoToTheOutputs) {
  run("out", all_trials());
  Decoder model = decoder();
  const UntouchedInputs untouched = inputs(model);
  for (const auto& [name, entries] : {std::pair{"w4", kW4}, std::pair{"noise", kNoise}}) {
    const ModelTrial trial = make_model_trial(entries, model.spec());
    const auto got = sums("out", name);
    std::size_t count = 0;
    for (Index layer = 0; layer < kLayers; ++layer)
      for (const Role role : model.spec().roles()) {
        const SiteChain& chain = trial.weight(layer, role);
        if (chain.empty()) continue;
        SCOPED_TRACE(chain.site.name());
        const Matrix w = weight(model, layer, role);
        Matrix made(w.rows(), w.cols());
        chain.apply(w, {.context = {.seed = trial.seed()}}, made);
        const Matrix& x = untouched.of(layer, role).sample;
        ASSERT_EQ(x.rows(), kWindows * kContext);
        const PredictorSums& own = got.at(chain.site.name());
        expect_near(*own.outputs, reference_outputs(w, made, x), kWindows * kContext);
        const double means = reference_row_mean_energy(w, made);
        EXPECT_NEAR(*own.row_mean_energy, means, 1e-9 * means);
        EXPECT_FALSE(own.on_calibration);
        EXPECT_EQ(own.outputs->expected_snr.has_value(), chain.steps[0].distortion->has_steps());
        if (own.outputs->expected_snr) {
          const double snr = reference_expected_snr(w, x, 4);
          EXPECT_NEAR(*own.outputs->expected_snr, snr, kTolerance * snr);
        }
        ++count;
      }
    EXPECT_EQ(got.size(), count);
    EXPECT_GT(count, 0u);
  }
}

TEST_F(IntegrationPredict, RecordsWhatInputsDoToTheOutputsOnTheFirstWindows) {
  run("out", all_trials());
  Decoder model = decoder();
  const UntouchedInputs untouched = inputs(model);
  const DecoderSpec& spec = model.spec();
  for (const auto& [name, entries] : {std::pair{"a6", kA6}, std::pair{"inputs", kInputNoise}}) {
    const ModelTrial trial = make_model_trial(entries, spec);
    const auto got = sums("out", name);
    std::size_t count = 0;
    for (Index layer = 0; layer < kLayers; ++layer)
      for (const Role role : spec.roles()) {
        const SiteChain& chain = trial.input(layer, role);
        if (chain.empty() || chain.site.role != role) continue;  // measured at its first reader
        SCOPED_TRACE(chain.site.name());
        const ConstMatrixView x =
            untouched.of(layer, role).sample.view().middle_rows(0, kFirstWindows * kContext);
        Matrix made(x.rows(), x.cols());
        for (Index first = 0; first < x.rows(); first += kContext)
          chain.apply(x.middle_rows(first, kContext),
                      {.context = {.seed = trial.seed(),
                                   .first_element = static_cast<std::uint64_t>(first * x.cols())},
                       .on_calibration_set = true},
                      made.view().middle_rows(first, kContext));
        std::vector<Matrix> readers;
        for (const Role reader : spec.roles())
          if (spec.input_owner(reader) == spec.input_owner(role) &&
              trial.input(layer, reader).variant == chain.variant)
            readers.push_back(weight(model, layer, reader));
        const PredictorSums& own = got.at(chain.site.name());
        expect_near(*own.outputs, reference_outputs(readers, x, made), kFirstWindows * kContext);
        const double means = reference_row_mean_energy(x, made);
        EXPECT_NEAR(*own.row_mean_energy, means, 1e-9 * means);
        ASSERT_TRUE(own.on_calibration);
        EXPECT_EQ(own.on_calibration->count, x.size());
        if (own.outputs->expected_snr) {
          Matrix all(0, x.cols());
          Index rows = 0;
          for (const Matrix& reader : readers) rows += reader.rows();
          all.resize(rows, x.cols());
          rows = 0;
          for (const Matrix& reader : readers)
            for (Index r = 0; r < reader.rows(); ++r, ++rows)
              std::copy_n(reader.view().row(r), x.cols(), all.view().row(rows));
          const double snr = reference_expected_snr(x, all, 6);
          EXPECT_NEAR(*own.outputs->expected_snr, snr, kTolerance * snr);
        }
        ++count;
      }
    EXPECT_EQ(got.size(), count);
    EXPECT_GT(count, 0u);
  }
}

TEST_F(IntegrationPredict, KnowsNoOutputsOfEmbeddingAndStates) {
  run("out", all_trials());
  const auto cache = sums("out", "cache"), outer = sums("out", "outer");
  EXPECT_FALSE(cache.at("layers.0.k_cache").outputs);
  EXPECT_FALSE(outer.at("embed_tokens.weight").outputs);
  EXPECT_TRUE(outer.at("embed_tokens.weight").row_mean_energy);
  EXPECT_TRUE(outer.at("lm_head.weight").outputs);
  EXPECT_TRUE(outer.at("lm_head.input").outputs);
  // Noise is spread evenly over the features: it does about its share to the outputs.
  for (const char* site : {"lm_head.weight", "lm_head.input"}) {
    const OutputSums& sums = *outer.at(site).outputs;
    EXPECT_NEAR(sums.error / sums.output, 0.01, 0.005) << site;
  }
}

TEST_F(IntegrationPredict, LeavesTheSameForAnyThreadsAndAfterAnInterruption) {
  {
    const Threads one(1);
    run("1", all_trials());
  }
  {
    const Threads three(3);
    run("3", all_trials());
  }
  EXPECT_EQ(comparable_records(files_ / "1"), comparable_records(files_ / "3"));
  int stops = 0;
  for (;; ++stops) {
    ASSERT_LT(stops, 200);
    int asked = 0;
    const int most = 8 + 6 * stops;
    if (!run("cut", all_trials(), "{calibration: set}",
             {.save_every = 1e-9, .should_stop = [&] { return ++asked > most; }})
             .interrupted)
      break;
  }
  EXPECT_GT(stops, 1);
  EXPECT_EQ(read_text_file(files_ / "cut/predictors.csv"),
            read_text_file(files_ / "1/predictors.csv"));
}

TEST_F(IntegrationPredict, PredictsFromTheCalibrationSetAlone) {
  run("a", all_trials());
  run("b", all_trials(), "true", {}, "b.npy");
  const auto a = read_csv(files_ / "a/predictors.csv"), b = read_csv(files_ / "b/predictors.csv");
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (const auto& [column, value] : a[i]) {
      // residual_error is measured on the evaluated text itself.
      if (column == "id" || column == "residual_error" || a[i].at("name") == "cache") continue;
      EXPECT_EQ(value, b[i].at(column)) << a[i].at("name") << ": " << column;
    }
  for (const auto& row : a) {
    const bool has_linears =
        row.at("name") != "baseline" && row.at("name") != "cache" && row.at("name") != "outer";
    EXPECT_EQ(!row.at("output_error").empty(), has_linears) << row.at("name");
    EXPECT_EQ(!row.at("concentration_alignment").empty(),
              row.at("name") == "w4" || row.at("name") == "a6")
        << row.at("name");
    EXPECT_EQ(row.at("kurtosis").empty(), row.at("name") == "baseline" || row.at("name") == "cache")
        << row.at("name");
  }
}

TEST_F(IntegrationPredict, ChangesNoResultAndNoId) {
  run("with", all_trials());
  run("without", all_trials(), "false");
  EXPECT_EQ(read_text_file(files_ / "with/results.csv"),
            read_text_file(files_ / "without/results.csv"));
  EXPECT_FALSE(fs::exists(files_ / "without/predictors.csv"));
}

TEST_F(IntegrationPredict, IsVerified) {
  run("out", trial("w4", kW4) + trial("inputs", kInputNoise));
  Progress progress(stderr, Progress::Style::quiet);
  const VerifyReport report =
      verify_run(RunFolder::read(files_ / "out"), Kinds::builtin(), {}, progress);
  EXPECT_TRUE(report.equal()) << report.text();
  EXPECT_GT(report.rerun, 0);
}

}  // namespace
}  // namespace nf
