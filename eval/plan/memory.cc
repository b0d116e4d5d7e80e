#include "eval/plan/memory.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/model/decoder.h"
#include "core/ops/gemm.h"
#include "eval/metrics/token_scores.h"
#include "eval/plan/batch_plan.h"
#include "quant/outlier_features.h"

namespace nf {
namespace {

constexpr double kFloat = sizeof(float);
/// Allocator slack, thread stacks and compiled kernels that no item of the estimate names.
constexpr double kSlack = 96e6;
/// The memory of a process before its first stage differs a little from run to run: the least
/// budget that an error names has so much room that the next run takes it.
constexpr double kRunToRun = 4.0 * kMiB;

/// Values that are copied to find the median of a weight, a few per cent of them
/// (order_statistic.cc).
constexpr double kMedianShare = 0.1;

double number(Index n) { return static_cast<double>(n); }

Index stage_rows(std::span<const EvalItem> items, const Stage& stage) {
  Index rows = 0;
  for (const Index i : stage.items) rows += items[static_cast<std::size_t>(i)].layout.rows();
  return rows;
}

/// Bytes that distorting one weight of the blocks takes at most. x̂ that is made of a calibration
/// set was made before.
double weight_scratch(const DecoderSpec& spec, const std::vector<LinearTensors>& linears,
                      std::span<const ModelTrial* const> trials) {
  double most = 0.0;
  for (const ModelTrial* trial : trials)
    for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
      for (const LinearTensors& linear : linears)
        if (const SiteChain& chain = trial->weight(layer, linear.role); !chain.empty())
          most = std::max(most, chain.input_needs().empty()
                                    ? chain.scratch_bytes(linear.out, linear.in)
                                    : chain.finishing_bytes(linear.out, linear.in));
  return most;
}

/// Bytes that distorting one item's input of a linear, or a state, takes at most. rows: of the
/// longest item
double activation_scratch(const DecoderSpec& spec, const std::vector<LinearTensors>& linears,
                          std::span<const ModelTrial* const> trials, Index rows) {
  double most = 0.0;
  for (const ModelTrial* trial : trials) {
    most = std::max(most, trial->lm_head_input().scratch_bytes(rows, spec.embedding_size()));
    for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
      for (const LinearTensors& linear : linears)
        most = std::max(most, trial->input(layer, linear.role).scratch_bytes(rows, linear.in));
      for (const SiteTensor state : kStates) {
        const Index cols = state == SiteTensor::resid ? spec.hidden_size
                                                      : spec.num_key_value_heads * spec.head_dim;
        most = std::max(most, trial->state(layer, state).scratch_bytes(rows, cols));
      }
    }
  }
  return most;
}

/// A tensor that linears of a block read.
struct ReadTensor {
  Index in = 0;  ///< its features
  std::vector<Role> readers;

  InputNeeds needs(const ModelTrial& trial, Index layer) const {
    InputNeeds needs;
    for (const Role role : readers) needs = needs.joined(trial.input(layer, role).input_needs());
    return needs;
  }
};

std::vector<ReadTensor> read_tensors(const DecoderSpec& spec,
                                     const std::vector<LinearTensors>& linears) {
  std::map<Role, ReadTensor> by_owner;
  for (const LinearTensors& linear : linears) {
    ReadTensor& tensor = by_owner[spec.input_owner(linear.role)];
    tensor.in = linear.in;
    tensor.readers.push_back(linear.role);
  }
  std::vector<ReadTensor> tensors;
  for (auto& [owner, tensor] : by_owner) tensors.push_back(std::move(tensor));
  return tensors;
}

/// Bytes of statistics that one lane has at a block, for its inputs, or at the head, at most.
double statistics_bytes(const DecoderSpec& spec, const std::vector<LinearTensors>& linears,
                        std::span<const ModelTrial* const> trials) {
  const std::vector<ReadTensor> tensors = read_tensors(spec, linears);
  double most = 0.0;
  for (const ModelTrial* trial : trials) {
    const InputNeeds head =
        trial->lm_head().input_needs().joined(trial->lm_head_input().input_needs());
    most = std::max(most, head.bytes(spec.embedding_size()));
    for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
      double block = 0.0;
      for (const ReadTensor& tensor : tensors)
        block += tensor.needs(*trial, layer).bytes(tensor.in);
      most = std::max(most, block);
    }
  }
  return most;
}

/// What products of integers take beside x̃ (integer_linear.cc).
struct IntegerMemory {
  double batch = 0.0;   ///< codes of an input, with what stays as it is beside them
  double thread = 0.0;  ///< a tile of sums, and of what is taken beside
  double weight = 0.0;  ///< codes of a weight while it is packed, and by columns
};

/// Of the largest linear that multiplies integers. rows: of a batch
IntegerMemory integer_memory(const DecoderSpec& spec, const std::vector<LinearTensors>& linears,
                             std::span<const ModelTrial* const> trials, Index rows) {
  IntegerMemory most;
  for (const ModelTrial* trial : trials)
    for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
      for (const LinearTensors& linear : linears) {
        const SiteChain& chain = trial->input(layer, linear.role);
        if (!chain.integers) continue;
        const bool keeps = keeps_features(*chain.steps.front().distortion);
        const double in = number(linear.in), out = number(linear.out);
        const double staying = keeps ? kFloat * number(rows) * in : 0.0;
        most.batch = std::max(
            most.batch, number(padded_rows(rows)) * in + 3.0 * kFloat * number(rows) + staying);
        most.thread = std::max(most.thread, kFloat * (number(kRowTile + 1) * out + in));
        most.weight = std::max(most.weight, (keeps ? 2.0 : 1.0) * out * in);
      }
  return most;
}

/// Memory held while batches go through a block (decoder_block.cc, attention.cc): buffers of whole
/// batches, and of each thread one head's rows and scores.
double run_scratch(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage,
                   std::span<const ModelTrial* const> trials, Index threads) {
  const BatchPlan batches = plan_batches(items, stage, threads);
  Index longest = 0, positions = 0;
  for (const Index i : stage.items) {
    const Layout& layout = items[static_cast<std::size_t>(i)].layout;
    longest = std::max(longest, layout.rows());
    positions = std::max(positions, layout.positions());
  }
  const Index rows = std::max(longest, std::min(batches.rows, stage_rows(items, stage)));
  const Index heads = 2 * spec.num_attention_heads + 2 * spec.num_key_value_heads;
  const Index widest = std::max(
      {spec.hidden_size, spec.intermediate_size, spec.num_attention_heads * spec.head_dim});
  const double per_row =
      number(3 * spec.hidden_size + heads * spec.head_dim + 2 * spec.intermediate_size + widest);
  const double attention =
      number(padded_rows(positions) + 2 * kRowTile) * number(3 * spec.head_dim + kRowTile);
  const std::vector<LinearTensors> linears = spec.block(0).linears;
  const double distorting = activation_scratch(spec, linears, trials, longest);
  const IntegerMemory integers = integer_memory(spec, linears, trials, rows);
  return number(batches.at_once) * (kFloat * number(rows) * per_row + distorting + integers.batch) +
         number(threads) * (kFloat * attention + integers.thread);
}

/// Bytes of an embedding or a head that is distorted in parts (DistortedOuter).
struct PartMemory {
  double kept = 0.0;    ///< from one part to the next
  double making = 0.0;  ///< while a part is made, or the whole is looked at before, besides
};

PartMemory part_memory(const DecoderSpec& spec, const SiteChain& chain) {
  const Index vocab = spec.vocab_size, width = spec.embedding_size();
  const Index rows = part_rows(chain.rows_together(vocab), vocab);
  const double part = kFloat * number(rows) * number(width);
  const double scratch = chain.scratch_bytes(rows, width);
  // A part as read and as distorted; the only part is not kept as it was read.
  if (rows == vocab) return {.kept = part, .making = part + scratch};
  return {.kept = 2.0 * part, .making = scratch};
}

/// Bytes that a lane with an embedding of its own takes while the rows of the stage's tokens are
/// made. rows: of the stage.
double embedding_turn(const DecoderSpec& spec, const SiteChain& chain, double rows) {
  const PartMemory part = part_memory(spec, chain);
  const double vocab = number(spec.vocab_size);
  const double handed = std::min(number(kPartRows), vocab), kept = std::min(rows, vocab);
  return part.kept + part.making + kFloat * (handed + kept) * number(spec.embedding_size());
}

}  // namespace

StageMemory stage_memory(const DecoderSpec& spec, std::span<const EvalItem> items,
                         const Stage& stage, std::span<const ModelTrial* const> trials,
                         Index threads, double process_bytes) {
  StageMemory memory;
  const std::vector<LinearTensors> linears = spec.block(0).linears;
  double block = 0.0, largest = 0.0;
  for (const LinearTensors& linear : linears) {
    const double bytes = kFloat * number(linear.out) * number(linear.in);
    block += bytes;
    largest = std::max(largest, bytes);
  }
  const bool transposed =
      std::any_of(linears.begin(), linears.end(),
                  [](const LinearTensors& linear) { return linear.transposed; });
  const double e = number(spec.embedding_size());
  const double slab = kFloat * number(std::min(kHeadSlab, spec.vocab_size)) * e;
  const double tile = number(kRowTile) * number(kVocabChunk);
  const double tiles = 2.0 * kFloat * tile + number(sizeof(double)) * tile;
  const double conversion =
      transposed ? largest
                 : kFloat * number(kConversionRows) *
                       std::max(e, number(std::max(spec.hidden_size, spec.intermediate_size)));
  // Pages of the checkpoint that threads are reading, released in pieces.
  const double mapped = 32.0 * kMiB;
  const double running = run_scratch(spec, items, stage, trials, threads);
  // A block and the head are never held at once.
  memory.fixed = process_bytes + kSlack + std::max(block, slab) + running +
                 number(threads) * (conversion + mapped + tiles);

  double rows = 0.0, scored = 0.0;
  for (const Index i : stage.items) {
    rows += number(items[static_cast<std::size_t>(i)].layout.rows());
    scored += number(scored_rows(items[static_cast<std::size_t>(i)]));
  }
  const double hidden = kFloat * rows * number(spec.hidden_size);
  memory.lane = std::max(hidden, kFloat * scored * e) +
                scored * number(sizeof(RowScore) + sizeof(Target) + 2 * sizeof(std::size_t));
  memory.fixed += hidden;  // of the lane whose rows are being gathered for the head
  memory.fixed += kFloat * scored * number(spec.hidden_size);  // the baseline's, to compare with

  bool weights = false;
  for (const ModelTrial* trial : trials) {
    weights = weights || trial->touches_weights();
    if (const SiteChain& tokens = trial->embed_tokens(); !tokens.empty())
      memory.turn = std::max(memory.turn, embedding_turn(spec, tokens, rows));
    if (trial->has_own_head()) memory.head = std::max(memory.head, slab);
    if (const SiteChain& head = trial->lm_head(); !head.empty()) {
      const PartMemory part = part_memory(spec, head);
      memory.head = std::max(memory.head, slab + part.kept);
      memory.turn = std::max(memory.turn, slab + part.making);
    }
  }
  if (weights) {
    memory.turn = std::max(memory.turn, block);
    // The weight as read and distorted, what a median looks at in the end, what the chain takes.
    memory.distortion = (2.0 + kMedianShare) * largest + weight_scratch(spec, linears, trials) +
                        integer_memory(spec, linears, trials, 0).weight;
  }
  memory.turn += statistics_bytes(spec, linears, trials);
  return memory;
}

WavePlan plan_waves(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage,
                    std::span<const ModelTrial* const> trials, Index threads,
                    const MemoryBudget& budget, const WaveLimit& limit, Index waves) {
  const StageMemory memory =
      stage_memory(spec, items, stage, trials, threads, budget.process_bytes);
  const auto own_head = [](const ModelTrial* trial) { return trial->has_own_head(); };
  const Index any_head = std::any_of(trials.begin(), trials.end(), own_head) ? 1 : 0;
  const Index one = trials.empty() ? 1 : 2;  // the baseline, and one trial
  const double least = memory.of(one, 1, any_head);
  if (least > budget.bytes && budget.is_binding)
    throw ConfigError(
        fmt::format("memory: {:.0f} MiB{} are too few for this model and data on {}: at least "
                    "{:.0f} MiB are needed; fewer threads, a shorter context or fewer windows need "
                    "less",
                    budget.bytes / kMiB, budget.is_given ? "" : ", most of what is free here,",
                    counted(threads, "thread"), std::ceil((least + kRunToRun) / kMiB)));
  WavePlan plan;
  if (memory.distortion == 0.0 && least <= budget.bytes) plan.distorting_threads = threads;
  while (plan.distorting_threads < threads &&
         memory.of(one, plan.distorting_threads + 1, any_head) <= budget.bytes)
    ++plan.distorting_threads;
  Index lanes = 0, heads = 0, first = 0, most = 0;
  const auto end_wave = [&] {
    plan.lanes.push_back(lanes);
    plan.bytes = std::max(plan.bytes, memory.of(lanes + 1, plan.distorting_threads, heads));
    first += lanes;
    lanes = heads = 0;
  };
  for (const ModelTrial* trial : trials) {
    const Index more = own_head(trial) ? 1 : 0;
    const bool fits =
        memory.of(lanes + 2, plan.distorting_threads, heads + more) <= budget.bytes && lanes < most;
    if (lanes > 0 && !fits) end_wave();
    if (waves > 0 && std::ssize(plan.lanes) == waves) return plan;
    if (lanes == 0) most = limit ? limit(first) : std::ssize(trials);
    ++lanes;
    heads += more;
  }
  end_wave();  // without any trial: the baseline alone
  return plan;
}

MemoryBudget MemoryBudget::of(std::optional<Index> given) {
  MemoryBudget budget{.process_bytes = resident_bytes()};
  if (given) {
    budget.bytes = number(*given);
    budget.is_given = true;
    return budget;
  }
  budget.bytes = 0.8 * available_bytes() + budget.process_bytes;
  return budget;
}

}  // namespace nf
