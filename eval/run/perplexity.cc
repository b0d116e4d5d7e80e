#include "eval/run/perplexity.h"

#include <vector>

#include "core/base/parallel.h"
#include "core/io/mapped_ranges.h"
#include "eval/plan/model_data.h"
#include "eval/run/preparation.h"
#include "eval/run/stage_runner.h"

namespace nf {

TextSums measure_perplexity(Decoder& decoder, const TokenWindows& windows,
                            const MemoryBudget& budget, const std::function<bool()>& should_stop,
                            Progress& progress) {
  const EvalSet set = text_data(windows).set;
  prepare_decoder(decoder, set);
  const std::vector<Stage> stages = cut_stages(decoder.spec(), set.items);
  double total = 0.0;
  std::vector<WavePlan> plans;  // all of them first: a budget too small is known at once
  for (const Stage& stage : stages) {
    total += stage_flops(decoder.spec(), set.items, stage);
    plans.push_back(plan_waves(decoder.spec(), set.items, stage, {}, thread_count(), budget));
  }
  progress.start("perplexity", total, 0.0);
  std::vector<WindowSums> scored;
  const auto add = [&](const LaneResult& result) {
    for (const std::vector<PartSums>& parts : result.items) {
      const Index window = std::ssize(scored);
      scored.push_back({.window = window, .sums = parts.front(), .bytes = set.item(window).bytes});
    }
  };
  const StageHooks hooks{.advance = [&](double flops) { progress.advance(flops); },
                         .should_stop = should_stop,
                         .baseline_done = add};
  for (std::size_t s = 0; s < stages.size(); ++s)
    run_stage(decoder, set, stages[s], {}, plans[s], StatsMode::none, hooks);
  check_mapped_files();
  progress.finish();
  return add_up(scored);
}

}  // namespace nf
