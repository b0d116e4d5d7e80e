#include "eval/results/figures.h"

#include <algorithm>
#include <unordered_map>

#include "core/base/check.h"
#include "eval/results/baseline_windows.h"
#include "eval/stats/confidence_sequence.h"

namespace nf {
namespace {

/// Whether all of them have the windows of the first.
bool have_same_windows(const std::vector<const ResultRow*>& rows) {
  const auto is_same = [](const WindowSums& a, const WindowSums& b) {
    return a.window == b.window;
  };
  return std::all_of(rows.begin(), rows.end(), [&](const ResultRow* row) {
    const std::vector<WindowSums>& first = rows.front()->windows;
    return row == rows.front() || std::equal(first.begin(), first.end(), row->windows.begin(),
                                             row->windows.end(), is_same);
  });
}

FigureBlocks text_blocks(const ResultRow& row, const ResultRow& baseline,
                         const SummedFigure& figure) {
  FigureBlocks blocks;
  blocks.reserve(row.windows.size());
  BaselineWindows of_baseline(baseline);
  for (const WindowSums& window : row.windows) {
    const PartSums* const untouched = of_baseline.find(window.window);
    if (untouched == nullptr || window.sums.tokens == 0) continue;
    if (!figure.is_known(window.sums)) return {};  // a part of the text would pass for all of it
    BlockSum& block = blocks[block_name(window)];
    const double tokens = static_cast<double>(window.sums.tokens);
    block.add({.tokens = tokens,
               .sum = figure.difference_of(window.sums, *untouched),
               .rounding = rounding_of_sum(tokens, figure.summed_size(window.sums, *untouched))});
  }
  return blocks;
}

FigureBlocks question_blocks(const ResultRow& row, const ResultRow& baseline,
                             const std::string& task) {
  std::unordered_map<Index, bool> of_baseline;
  for (const QuestionSums& question : baseline.questions)
    if (question.task == task) of_baseline[question.question] = question.correct;
  FigureBlocks blocks;
  for (const QuestionSums& question : row.questions) {
    if (question.task != task) continue;
    const auto found = of_baseline.find(question.question);
    if (found == of_baseline.end()) continue;
    blocks[{-1, question.question}] = {
        .tokens = 1.0, .sum = (question.correct ? 1.0 : 0.0) - (found->second ? 1.0 : 0.0)};
  }
  return blocks;
}

Figure text_figure_of(const char* mean) {
  const SummedFigure* const figure = find_summed_mean(mean);
  NF_CHECK(figure != nullptr, "no summed figure has the mean {}", mean);
  return text_figure(*figure);
}

}  // namespace

FigureBlocks::key_type block_name(const WindowSums& window) {
  return {window.document, window.document < 0 ? window.window : -1};
}

Figure text_figure(const SummedFigure& figure) {
  NF_CHECK(figure.difference != nullptr, "{} is no figure of text", figure.name);
  return {.name = figure.difference,
          .watched_by_stop = figure.watched_by_stop,
          .blocks = [figure](const ResultRow& row, const ResultRow& baseline) {
            return text_blocks(row, baseline, figure);
          }};
}

namespace {

FigureBlocks minus(FigureBlocks blocks, const FigureBlocks& less) {
  for (const auto& [name, block] : less) {
    blocks[name].sum -= block.sum;
    blocks[name].rounding += block.rounding;
  }
  return blocks;
}

}  // namespace

Figure flips_difference_figure() {
  return {.name = "flips_difference",
          .blocks = [](const ResultRow& row, const ResultRow& baseline) {
            const auto blocks_of = [&](const char* mean) {
              return text_blocks(row, baseline, *find_summed_mean(mean));
            };
            return minus(blocks_of("flips_lost"), blocks_of("flips_gained"));
          }};
}
Figure delta_kl_figure() {
  return {.name = "delta_kl", .blocks = [](const ResultRow& row, const ResultRow& other) {
            const SummedFigure& kl = *find_summed_mean("kl");
            return minus(text_blocks(row, other, kl), text_blocks(other, row, kl));
          }};
}
Figure delta_nll_figure() { return text_figure_of("nll"); }
Figure kl_figure() { return text_figure_of("kl"); }
Figure delta_top1_figure() { return text_figure_of("top1_agreement"); }

Figure delta_accuracy_figure(const TaskHeading& task) {
  return {.name = "delta_" + task.name + "_acc",
          .of_text = false,
          .blocks = [name = task.name](const ResultRow& row, const ResultRow& baseline) {
            return question_blocks(row, baseline, name);
          }};
}

std::vector<Figure> all_figures(const std::vector<TaskHeading>& tasks) {
  std::vector<Figure> figures;
  for (const SummedFigure& figure : window_figures())
    if (figure.difference != nullptr) figures.push_back(text_figure(figure));
  figures.push_back(flips_difference_figure());
  for (const TaskHeading& task : tasks) figures.push_back(delta_accuracy_figure(task));
  return figures;
}

std::vector<FigureBlocks> figure_blocks(const Figure& figure,
                                        const std::vector<const ResultRow*>& rows,
                                        const ResultRow& baseline) {
  std::vector<FigureBlocks> blocks;
  if (have_same_windows(rows)) {
    for (const ResultRow* row : rows) blocks.push_back(figure.blocks(*row, baseline));
    return blocks;
  }
  std::unordered_map<Index, std::size_t> rows_with;  // by window
  for (const ResultRow* row : rows)
    for (const WindowSums& window : row->windows) ++rows_with[window.window];
  for (const ResultRow* row : rows) {
    ResultRow shared{.key = row->key, .windows = row->windows, .questions = row->questions};
    std::erase_if(shared.windows, [&](const WindowSums& window) {
      return rows_with.at(window.window) < rows.size();
    });
    blocks.push_back(figure.blocks(shared, baseline));
  }
  return blocks;
}

std::vector<BlockSums> common_blocks(const std::vector<FigureBlocks>& rows) {
  std::vector<BlockSums> common(rows.size());
  if (rows.empty()) return common;
  if (std::all_of(rows.begin(), rows.end(),
                  [&](const FigureBlocks& row) { return have_same_names(rows.front(), row); })) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      common[i].reserve(rows[i].size());
      for (const auto& [name, block] : rows[i]) common[i].push_back(block);
    }
    return common;
  }
  for (const auto& [name, block] : rows.front()) {
    const bool in_all = std::all_of(rows.begin(), rows.end(),
                                    [&name = name](const auto& row) { return row.contains(name); });
    if (!in_all) continue;
    for (std::size_t i = 0; i < rows.size(); ++i) common[i].push_back(rows[i].at(name));
  }
  return common;
}

std::optional<double> FigureEstimate::half_width() const {
  if (!interval) return std::nullopt;
  return std::max(mean.mean - interval->low, interval->high - mean.mean);
}

bool is_watched(const Figure& figure, const std::vector<const ResultRow*>& rows) {
  return figure.watched_by_stop &&
         std::any_of(rows.begin(), rows.end(), [](const ResultRow* row) { return row->key.stops; });
}

FigureEstimate estimate_blocks(std::vector<BlockSums> seeds, bool watched) {
  FigureEstimate estimate{.mean = estimate_mean(seeds)};
  estimate.seeds = std::move(seeds);
  estimate.interval = interval_of(estimate.mean);
  estimate.note = why_no_interval(estimate.mean);
  if (estimate.interval) {
    estimate.note = why_rough(add_rows(estimate.seeds));
    estimate.rough = !estimate.note.empty();
  }
  if (watched && estimate.interval) {
    const double half = kl_sequence_halfwidth(add_rows(estimate.seeds));
    estimate.interval =
        with_seeds({estimate.mean.mean - half, estimate.mean.mean + half}, estimate.mean);
    estimate.stops = true;
    estimate.note = kSequenceNote;
  }
  return estimate;
}

std::optional<FigureEstimate> estimate_figure(const Figure& figure,
                                              const std::vector<const ResultRow*>& samples,
                                              const ResultRow* baseline) {
  if (baseline == nullptr || baseline->failed() || samples.empty()) return std::nullopt;
  std::vector<BlockSums> seeds = common_blocks(figure_blocks(figure, samples, *baseline));
  if (seeds.front().empty()) return std::nullopt;
  return estimate_blocks(std::move(seeds), is_watched(figure, samples));
}

std::optional<double> figure_mean(const Figure& figure,
                                  const std::vector<const ResultRow*>& samples,
                                  const ResultRow* baseline) {
  if (baseline == nullptr || baseline->failed() || samples.empty()) return std::nullopt;
  double sum = 0.0, tokens = 0.0;
  for (const BlockSums& seed : common_blocks(figure_blocks(figure, samples, *baseline))) {
    for (const BlockSum& block : seed) {
      sum += block.sum;
      tokens += block.tokens;
    }
  }
  if (tokens == 0.0) return std::nullopt;
  return sum / tokens;
}

}  // namespace nf
