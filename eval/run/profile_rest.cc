#include "eval/run/profile_rest.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/counted.h"
#include "eval/run/calibrate_jobs.h"
#include "eval/run/preparation.h"
#include "eval/run/profile_keeper.h"
#include "eval/run/profile_texts.h"
#include "eval/run/stage_runner.h"
#include "eval/run/super_weights.h"
#include "eval/run/weight_profile.h"

namespace nf {
namespace {

class ProfileRest {
 public:
  ProfileRest(const RunContext& run, const ModelPlan& plan, const ModelPart& part, Decoder& decoder)
      : run_(run), plan_(plan), part_(part), decoder_(decoder), keeper_(run, plan) {
    std::set<std::string> failed;
    for (const Record& record : run.folder.records())
      if (record.failed()) failed.insert(record.id);
    // A trial that failed would fail again, and nothing is seen of it.
    for (const Job* job : plan.jobs_with({}))
      if (is_profiled(job->key) && !failed.contains(job->key.id)) jobs_.push_back(job);
    if (has_first_item())
      texts_ = read_profile_texts(run.experiment.config, decoder, plan.data().set.windows);
  }

  void finish() {
    pass(kDataText, plan_.data());
    for (const ReadProfileText& text : texts_) pass(text.name, text.data);
    if (!plan_.has_own_shape()) return;
    // What follows is the untouched model's, which one part of the trials looks at for all.
    if (is_first()) look_at_weights();
    // Each part of the text shows its own largest inputs.
    if (part_.with_floor) search(kDataText, plan_.data());
    if (!is_first()) return;
    for (const ReadProfileText& text : texts_) search(text.name, text.data);
  }

 private:
  bool is_profiled(const RowKey& key) const {
    const std::vector<RowKey>& keys = keeper_.keys();
    return std::any_of(keys.begin(), keys.end(), [&key](const RowKey& own) {
      return own.id == key.id && own.name == key.name;
    });
  }

  bool has_first_item() const { return part_.first_item == 0 && !part_.empty(); }
  bool is_first() const { return part_.with_floor && has_first_item(); }

  /// The windows that the untouched model has to pass: in the experiment's own shape alone, and
  /// over other texts once for all parts.
  std::vector<Index> lacking_of_baseline(const std::vector<Index>& items, const std::string& text,
                                         const ModelData& data) const {
    if (!plan_.has_own_shape() || (text != kDataText && !is_first())) return {};
    return lacking(plan_.baseline(), items, text, data);
  }

  std::vector<Index> lacking(const RowKey& key, const std::vector<Index>& items,
                             const std::string& text, const ModelData& data) const {
    std::vector<Index> windows;
    for (const Index item : items)
      if (item < data.set.windows) windows.push_back(item);
    return keeper_.lacking(key, windows, text, data.hash);
  }

  /// data: in the stages of this part of the text; others: whole.
  void pass(const std::string& text, const ModelData& data) {
    for (const Stage& all :
         text == kDataText ? plan_.stages() : cut_stages(decoder_.spec(), data.set.items)) {
      std::vector<Lane> lanes;
      std::vector<const Job*> jobs;
      std::vector<Index> needed = lacking_of_baseline(all.items, text, data);
      Gather gather(StatsMode::none);
      gather.baseline_profiled = needed;
      for (const Job* job : jobs_) {
        std::vector<Index> own = lacking(job->key, all.items, text, data);
        if (own.empty()) continue;
        needed.insert(needed.end(), own.begin(), own.end());
        lanes.push_back({.trial = &job->trial, .profiled = std::move(own)});
        jobs.push_back(job);
      }
      if (needed.empty()) continue;
      std::sort(needed.begin(), needed.end());
      needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
      run_lanes(text, data, Stage(std::move(needed)), lanes, jobs, gather);
    }
  }

  void run_lanes(const std::string& text, const ModelData& data, const Stage& stage,
                 const std::vector<Lane>& lanes, const std::vector<const Job*>& jobs,
                 const Gather& gather) {
    if (run_.options.should_stop()) throw Interrupted();
    const Index own = std::ssize(lanes) + (plan_.has_own_shape() ? 1 : 0);
    run_.progress.message(fmt::format("{}: looking at {} of {} as {} it", plan_.title(),
                                      counted(stage.count(), "window"),
                                      text == kDataText ? "the text" : "'" + text + "'",
                                      counted(own, "lane") + (own == 1 ? " has" : " have")));
    prepare_decoder(decoder_, data.set, calibration_positions(plan_, jobs));
    CalibrationResults calibration =
        calibration_results(run_.folder.dir() / kCalibrationDir, plan_, run_.env,
                            [this](const std::string& warning) { run_.progress.message(warning); });
    calibrate_jobs(plan_, decoder_, jobs, run_.budget, calibration, run_.options.should_stop,
                   run_.progress);
    const StageHooks hooks{
        .should_stop = run_.options.should_stop,
        .baseline_done =
            [&](LaneResult result) {
              if (plan_.has_own_shape())
                keeper_.add(plan_.baseline(), std::move(result.profile), text, data.hash);
            },
        .lanes_done =
            [&](std::size_t first, std::vector<LaneResult> results) {
              for (std::size_t i = 0; i < results.size(); ++i)
                keeper_.add(jobs[first + i]->key, std::move(results[i].profile), text, data.hash);
            }};
    // One trial at a time: little memory, and each is kept.
    const WavePlan waves{.lanes = lanes.empty() ? std::vector<Index>{0}
                                                : std::vector<Index>(lanes.size(), 1)};
    run_stage(decoder_, data.set, stage, lanes, waves, gather, hooks, &calibration);
  }

  void look_at_weights() {
    if (keeper_.find(plan_.baseline(), "", "") != nullptr) return;
    keeper_.add(plan_.baseline(),
                profile_weights(decoder_,
                                [this] {
                                  if (run_.options.should_stop()) throw Interrupted();
                                }),
                "", "");
  }

  void search(const std::string& text, const ModelData& data) {
    TrialProfile* const profile = keeper_.find(plan_.baseline(), text, data.hash);
    if (profile == nullptr || profile->is_searched) return;
    const std::function<bool()>& should_stop = run_.options.should_stop;
    std::vector<SuperWeight> weights = find_super_weights(decoder_, profile->parts, should_stop);
    prepare_decoder(decoder_, data.set, 0);
    confirm_super_weights(decoder_, data.set, weights, should_stop);
    profile->super_weights = std::move(weights);
    profile->is_searched = true;
    keeper_.save();
  }

  const RunContext& run_;
  const ModelPlan& plan_;
  const ModelPart& part_;
  Decoder& decoder_;
  ProfileKeeper keeper_;
  std::vector<const Job*> jobs_;
  std::vector<ReadProfileText> texts_;
};

}  // namespace

void finish_profile(const RunContext& run, const ModelPlan& plan, const ModelPart& part,
                    Decoder& decoder) {
  if (run.experiment.config.profile.is_on) ProfileRest(run, plan, part, decoder).finish();
}

}  // namespace nf
