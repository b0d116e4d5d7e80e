#include "eval/run/input_gatherer.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "core/ops/elementwise.h"

namespace nf {
namespace {

/// The needs that an accumulator knows; `replay` is of the gatherer.
InputNeeds accumulated(InputNeeds needs) {
  needs.replay = false;
  return needs;
}

}  // namespace

InputGatherer::InputGatherer(const DecoderSpec& spec, const CalibrationSize& size)
    : spec_(spec), size_(size) {}

Role InputGatherer::owner(Role role) const {
  return is_block_role(role) ? spec_.input_owner(role) : role;
}

Index InputGatherer::features(Role owner) const {
  if (!is_block_role(owner)) return spec_.embedding_size();
  const std::vector<LinearTensors> linears = spec_.block(0).linears;
  const auto linear = std::find_if(linears.begin(), linears.end(),
                                   [owner](const LinearTensors& one) { return one.role == owner; });
  NF_CHECK(linear != linears.end(), "no {}", role_name(owner));
  return linear->in;
}

void InputGatherer::want(Role role, const InputNeeds& needs) {
  // A sub-layer is replayed on what its first linears read, whichever of its roles asks.
  if (needs.replay)
    for (const Role first : {Role::q_proj, Role::up_proj}) {
      Tensor& tensor = tensors_[owner(first)];
      tensor.in = features(owner(first));
      tensor.needs.replay = true;
    }
  Tensor& tensor = tensors_[owner(role)];
  tensor.in = features(owner(role));
  tensor.needs = tensor.needs.joined(accumulated(needs));
}

bool InputGatherer::wants_replay() const {
  return std::any_of(tensors_.begin(), tensors_.end(),
                     [](const auto& tensor) { return tensor.second.needs.replay; });
}

double InputGatherer::flops(Index tokens) const {
  double flops = 0.0;
  for (const auto& [role, tensor] : tensors_)
    flops += accumulated(tensor.needs).flops(tokens, tensor.in);
  return flops;
}

void InputGatherer::see(Role role, ConstMatrixView x) {
  if (!problem_.empty()) return;
  if (const Index bad = first_non_finite(x); bad >= 0) {
    const Index row = bad / x.cols();
    const auto item = std::find_if(batch_->items.rbegin(), batch_->items.rend(),
                                   [row](const ItemRows& each) { return each.first <= row; });
    problem_ = fmt::format("input of {} is not finite in window {}, at position {}, feature {}",
                           role_name(role), item->item, row - item->first, bad % x.cols());
    return;
  }
  Tensor& tensor = tensors_.at(role);
  if (tensor.needs.replay) {
    tensor.kept.resize(size_.tokens, tensor.in);
    for (Index r = 0; r < x.rows(); ++r)
      std::copy_n(x.row(r), x.cols(), tensor.kept.view().row(batch_->first + r));
  }
  if (accumulated(tensor.needs).empty()) return;
  if (!tensor.accumulator)
    tensor.accumulator =
        std::make_unique<InputAccumulator>(accumulated(tensor.needs), tensor.in, size_);
  for (const ItemRows& item : batch_->items)
    tensor.accumulator->add(item.item, x.middle_rows(item.first, item.rows));
}

void InputGatherer::finish(const Decoder& decoder, Index layer) {
  if (!problem_.empty()) return;
  for (auto& [role, tensor] : tensors_) {
    if (!tensor.accumulator) continue;
    if (tensor.needs.weight_ranges) add_weights(decoder, layer, role, *tensor.accumulator);
    tensor.statistics = std::move(*tensor.accumulator).finish();
    tensor.accumulator.reset();
  }
}

void InputGatherer::add_weights(const Decoder& decoder, Index layer, Role owner,
                                InputAccumulator& to) const {
  Matrix weight;
  if (!is_block_role(owner)) {
    for (Index first = 0; first < spec_.vocab_size; first += weight.rows()) {
      weight.resize(std::min(kVocabChunk, spec_.vocab_size - first), spec_.embedding_size());
      decoder.read_outer(Role::lm_head, first, weight);
      to.add_weight(weight);
    }
    return;
  }
  for (const LinearTensors& linear : spec_.block(layer).linears) {
    if (spec_.input_owner(linear.role) != owner) continue;
    weight.resize(linear.out, linear.in);
    decoder.read_weight(layer, linear.role, weight);
    to.add_weight(weight);
  }
}

const InputStatisticsPtr& InputGatherer::statistics(Role role) const {
  return tensors_.at(owner(role)).statistics;
}

ConstMatrixView InputGatherer::kept(Role role, Index first, Index rows) const {
  const auto tensor = tensors_.find(owner(role));
  if (tensor == tensors_.end() || tensor->second.kept.empty()) return {};
  return tensor->second.kept.view().middle_rows(first, rows);
}

}  // namespace nf
