#include "eval/run/block_replay.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/check.h"
#include "core/base/parallel.h"

namespace nf {
namespace {

ConstMatrixView input_of(const BlockReplay::Batch& batch, Sublayer sublayer) {
  return sublayer == Sublayer::attention ? batch.attention : batch.mlp;
}

/// Σ (x − y)² over the rows of a window.
double squared_distance(ConstMatrixView x, ConstMatrixView y) {
  double total = 0.0;
  for (Index r = 0; r < x.rows(); ++r) {
    double row = 0.0;
    for (Index c = 0; c < x.cols(); ++c) {
      const double d = static_cast<double>(x(r, c)) - static_cast<double>(y(r, c));
      row += d * d;
    }
    total += row;
  }
  return total;
}

}  // namespace

BlockReplay::BlockReplay(const Decoder& decoder, const BlockWeights& weights,
                         const PackedLinears& made, std::vector<Batch> batches, double kept_bytes)
    : decoder_(decoder), weights_(weights), made_(made), batches_(std::move(batches)) {
  NF_CHECK(!batches_.empty(), "layer {}: no calibration inputs", weights.layer);
  first_window_.push_back(0);
  double bytes = 0.0;
  for (const Batch& batch : batches_) {
    first_window_.push_back(first_window_.back() + batch.layout.segments.size());
    tokens_ += batch.layout.rows();
    bytes += output_bytes(decoder.spec(), batch.layout.rows());
    if (bytes <= kept_bytes) ++kept_batches_;
  }
}

double BlockReplay::output_bytes(const DecoderSpec& spec, Index tokens) {
  return 2.0 * sizeof(float) * static_cast<double>(tokens) * static_cast<double>(spec.hidden_size);
}

bool BlockReplay::reads_alone(const DecoderSpec& spec, Role role) {
  const std::vector<Role> roles = spec.roles();
  return std::none_of(roles.begin(), roles.end(), [&](Role other) {
    return other != role && spec.input_owner(other) == spec.input_owner(role);
  });
}

double BlockReplay::error(Around around, std::span<const Candidate> candidates) const {
  NF_CHECK(!candidates.empty(), "layer {}: no candidates", weights_.layer);
  const Sublayer sublayer = sublayer_of(candidates.front().role);
  PackedLinears without = around == Around::made ? made_ : weights_.packed;
  PackedLinears with = without;
  for (const Candidate& candidate : candidates) {
    NF_CHECK(sublayer_of(candidate.role) == sublayer, "candidates of both sub-layers");
    without[candidate.role] = weights_.packed[candidate.role];
    with[candidate.role] = pack_weight(candidate.weight, {}, decoder_.multiplication());
  }

  const std::lock_guard lock(mutex_);
  const Reference& reference = this->reference(sublayer, without);
  std::vector<double> errors(first_window_.back());
  each_batch(std::ssize(batches_), [&](Index b) {
    thread_local Matrix out, expected;
    const Batch& batch = batches_[static_cast<std::size_t>(b)];
    run(sublayer, with, batch, out);
    const bool kept = b < std::ssize(reference.outputs);
    if (!kept) run(sublayer, without, batch, expected);
    note_errors(b, out, kept ? reference.outputs[static_cast<std::size_t>(b)] : expected, errors);
  });
  return std::accumulate(errors.begin(), errors.end(), 0.0) /
         static_cast<double>(tokens_ * decoder_.spec().hidden_size);
}

void BlockReplay::note_errors(Index b, ConstMatrixView out, ConstMatrixView expected,
                              std::vector<double>& errors) const {
  std::size_t window = first_window_[static_cast<std::size_t>(b)];
  for (const Segment& segment : batches_[static_cast<std::size_t>(b)].layout.segments)
    errors[window++] = squared_distance(out.middle_rows(segment.first, segment.rows),
                                        expected.middle_rows(segment.first, segment.rows));
}

const BlockReplay::Reference& BlockReplay::reference(Sublayer sublayer,
                                                     const PackedLinears& packed) const {
  Reference& reference = references_[static_cast<std::size_t>(sublayer)];
  if (reference.outputs.size() == kept_batches_ && same_linears(sublayer, reference.packed, packed))
    return reference;
  reference.packed = {};  // of no outputs, should one fail
  reference.outputs.resize(kept_batches_);
  each_batch(std::ssize(reference.outputs), [&](Index b) {
    const auto at = static_cast<std::size_t>(b);
    run(sublayer, packed, batches_[at], reference.outputs[at]);
  });
  reference.packed = packed;
  return reference;
}

bool BlockReplay::same_linears(Sublayer sublayer, const PackedLinears& a,
                               const PackedLinears& b) const {
  const std::vector<LinearTensors>& linears = weights_.spec.linears;
  return std::all_of(linears.begin(), linears.end(), [&](const LinearTensors& linear) {
    const Role role = linear.role;
    return sublayer_of(role) != sublayer || a[role].values().data() == b[role].values().data();
  });
}

void BlockReplay::run(Sublayer sublayer, const PackedLinears& packed, const Batch& batch,
                      Matrix& out) const {
  const ConstMatrixView x = input_of(batch, sublayer);
  NF_CHECK(x.rows() == batch.layout.rows(), "layer {}: {} inputs recorded of {} tokens",
           weights_.layer, x.rows(), batch.layout.rows());
  out.resize(x.rows(), x.cols());
  decoder_.run_sublayer(sublayer, weights_, packed, batch.layout, x, out);
}

void BlockReplay::each_batch(Index count, const std::function<void(Index)>& body) {
  if (count >= thread_count()) return parallel_for(count, body);
  for (Index b = 0; b < count; ++b) body(b);
}

}  // namespace nf
