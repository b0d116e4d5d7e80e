#include "eval/run/memory.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <string>

#include "core/base/check.h"
#include "core/model/decoder.h"
#include "core/ops/gemm.h"
#include "eval/metrics/token_scores.h"

namespace nf {
namespace {

constexpr double kFloat = sizeof(float);
/// Allocator slack, thread stacks and compiled kernels that no item of the estimate names.
constexpr double kSlack = 96e6;
constexpr double kMiB = 1024.0 * 1024.0;
/// What a process holds before its first stage differs a little from run to run: the least budget
/// that an error names has so much room that the next run takes it.
constexpr double kRunToRun = 4.0 * kMiB;

double number(Index n) { return static_cast<double>(n); }

Index stage_rows(std::span<const EvalItem> items, const Stage& stage) {
  Index rows = 0;
  for (Index i = stage.first; i < stage.last; ++i)
    rows += items[static_cast<std::size_t>(i)].layout.rows();
  return rows;
}

/// What is held while batches go through a block (decoder_block.cc, attention.cc): buffers of whole
/// batches, and of each thread one head's rows and scores.
double run_scratch(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage,
                   Index threads) {
  const BatchPlan batches = plan_batches(items, stage, threads);
  Index rows = std::min(batches.rows, stage_rows(items, stage)), positions = 0;
  for (Index i = stage.first; i < stage.last; ++i) {
    const Layout& layout = items[static_cast<std::size_t>(i)].layout;
    rows = std::max(rows, layout.rows());
    positions = std::max(positions, layout.positions());
  }
  const Index heads = 2 * spec.num_attention_heads + 2 * spec.num_key_value_heads;
  const Index widest = std::max(
      {spec.hidden_size, spec.intermediate_size, spec.num_attention_heads * spec.head_dim});
  const double per_row = number(3 * spec.hidden_size + heads * spec.head_dim +
                                2 * spec.intermediate_size + 2 * widest);
  const double attention =
      number(padded_rows(positions) + 2 * kRowTile) * number(3 * spec.head_dim + kRowTile);
  return kFloat * (number(batches.at_once) * number(rows) * per_row + number(threads) * attention);
}

std::optional<double> first_number(const std::string& file, const std::string& key) {
  std::ifstream in(file);
  std::string word;
  while (in >> word) {
    double value = 0.0;
    if (key.empty()) {  // a file of one number
      try {
        return std::stod(word);
      } catch (const std::exception&) {
        return std::nullopt;  // "max": no limit
      }
    }
    if (word == key && in >> value) return value;
  }
  return std::nullopt;
}

}  // namespace

BatchPlan plan_batches(std::span<const EvalItem> items, const Stage& stage, Index threads) {
  const Index rows = stage_rows(items, stage);
  const Index batches = (rows + kBatchRows - 1) / kBatchRows;
  if (batches >= threads) return {.rows = kBatchRows, .at_once = threads};
  return {.rows = std::max(kBatchRows, threads * kRowTile), .at_once = 1};
}

StageMemory stage_memory(const DecoderSpec& spec, std::span<const EvalItem> items,
                         const Stage& stage, std::span<const ModelTrial* const> trials,
                         Index threads, double process_bytes) {
  StageMemory memory;
  double block = 0.0, largest = 0.0;
  for (const LinearTensors& linear : spec.block(0).linears) {
    const double bytes = kFloat * number(linear.out) * number(linear.in);
    block += bytes;
    largest = std::max(largest, bytes);
  }
  const bool transposed =
      std::any_of(spec.block(0).linears.begin(), spec.block(0).linears.end(),
                  [](const LinearTensors& linear) { return linear.transposed; });
  const double e = number(spec.embedding_size());
  const double chunk = kFloat * number(kVocabChunk) * e;
  const double slab = kFloat * number(std::min(kHeadSlab, spec.vocab_size)) * e;
  const double tiles = 3.0 * kFloat * number(kRowTile) * number(kVocabChunk);
  const double conversion = transposed
                                ? largest
                                : kFloat * number(kConversionRows) *
                                      number(std::max(spec.hidden_size, spec.intermediate_size));
  // Pages of the checkpoint that threads are reading, released in pieces.
  const double mapped = 32.0 * kMiB;
  const double running = run_scratch(spec, items, stage, threads);
  // A block and the head are never held at once.
  memory.fixed = process_bytes + kSlack + std::max(block, slab) + running +
                 number(threads) * (std::max(conversion, chunk) + mapped + tiles);

  double rows = 0.0, scored = 0.0;
  for (Index i = stage.first; i < stage.last; ++i) {
    rows += number(items[static_cast<std::size_t>(i)].layout.rows());
    scored += number(scored_rows(items[static_cast<std::size_t>(i)]));
  }
  const double hidden = kFloat * rows * number(spec.hidden_size);
  memory.lane = std::max(hidden, kFloat * scored * e) +
                scored * number(sizeof(RowScore) + sizeof(Target) + 2 * sizeof(std::size_t));
  memory.fixed += hidden;  // of the lane whose rows are being gathered for the head

  bool weights = false;
  double outer = 0.0;
  for (const ModelTrial* trial : trials) {
    weights = weights || trial->touches_weights();
    outer += !trial->embed_tokens().empty() || !trial->lm_head().empty() ? 1.0 : 0.0;
  }
  if (weights) {
    memory.turn = block;
    memory.distortion = 3.0 * largest;  // as read, distorted, and between two steps of a chain
  }
  if (outer > 0.0) {
    const double whole = kFloat * number(spec.vocab_size) * e;
    memory.outer = whole + slab;
    memory.turn = std::max(memory.turn, 2.0 * whole);  // as read, and between two steps
  }
  return memory;
}

WavePlan plan_waves(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage,
                    std::span<const ModelTrial* const> trials, Index threads,
                    const MemoryBudget& budget) {
  const StageMemory memory =
      stage_memory(spec, items, stage, trials, threads, budget.process_bytes);
  const auto has_outer = [](const ModelTrial* trial) {
    return !trial->embed_tokens().empty() || !trial->lm_head().empty();
  };
  const Index any_outer = std::any_of(trials.begin(), trials.end(), has_outer) ? 1 : 0;
  const Index one = trials.empty() ? 1 : 2;  // the baseline, and one trial
  const double least = memory.of(one, 1, any_outer);
  if (least > budget.bytes && budget.is_given)
    throw ConfigError(fmt::format(
        "memory: {:.0f} MiB are too few for this model and data on {} threads: at least "
        "{:.0f} MiB are needed; fewer threads, a shorter context or fewer windows need "
        "less",
        budget.bytes / kMiB, threads, std::ceil((least + kRunToRun) / kMiB)));
  WavePlan plan;
  while (plan.distorting_threads < threads &&
         memory.of(one, plan.distorting_threads + 1, any_outer) <= budget.bytes)
    ++plan.distorting_threads;
  const Index most = lanes_per_wave(spec, items, stage);
  Index lanes = 0, outer = 0;
  for (const ModelTrial* trial : trials) {
    const Index more = has_outer(trial) ? 1 : 0;
    const bool fits =
        memory.of(lanes + 2, plan.distorting_threads, outer + more) <= budget.bytes && lanes < most;
    if (lanes > 0 && !fits) {
      plan.lanes.push_back(lanes);
      lanes = outer = 0;
    }
    ++lanes;
    outer += more;
  }
  plan.lanes.push_back(lanes);  // without any trial: the baseline alone
  return plan;
}

double resident_bytes() {
  return 1024.0 * first_number("/proc/self/status", "VmRSS:").value_or(0.0);
}

MemoryBudget MemoryBudget::of(std::optional<Index> given) {
  MemoryBudget budget{.process_bytes = resident_bytes()};
  if (given) {
    budget.bytes = number(*given);
    budget.is_given = true;
    return budget;
  }
  const double physical = number(sysconf(_SC_PHYS_PAGES)) * number(sysconf(_SC_PAGE_SIZE));
  double available = physical;
  if (const auto kib = first_number("/proc/meminfo", "MemAvailable:")) available = 1024.0 * *kib;
  const std::optional<double> limit = first_number("/sys/fs/cgroup/memory.max", "");
  const std::optional<double> used = first_number("/sys/fs/cgroup/memory.current", "");
  if (limit && used) {
    // The group's file pages, the checkpoint's for one, go when the memory is wanted.
    const std::string stat = "/sys/fs/cgroup/memory.stat";
    const double cached = first_number(stat, "inactive_file").value_or(0.0) +
                          first_number(stat, "active_file").value_or(0.0);
    available = std::min(available, *limit - (*used - cached));
  }
  budget.bytes = 0.8 * available + budget.process_bytes;
  return budget;
}

}  // namespace nf
