#include "core/model/decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/model/checkpoint_checks.h"

namespace nf {
namespace {

/// Rows of a transposed tensor turned round at a time: few enough that their columns stay in cache.
constexpr Index kTransposedRows = 32;

std::vector<float> read_vector(const Checkpoint& checkpoint, const std::string& name) {
  if (name.empty()) return {};
  const TensorInfo& info = checkpoint.info(name);
  std::vector<float> values(static_cast<std::size_t>(info.rows() * info.cols()));
  checkpoint.read_f32(name, 0, info.rows(), MatrixView(values.data(), info.rows(), info.cols()));
  return values;
}

/// width: the number of features, for a norm without parameters.
NormWeights read_norm(const Checkpoint& checkpoint, const NormTensors& tensors, Index width) {
  if (tensors.without_parameters)
    return {std::vector<float>(static_cast<std::size_t>(width), 1.0f), {}};
  return {read_vector(checkpoint, tensors.weight), read_vector(checkpoint, tensors.bias)};
}

/// The whole-tensor row of a role's row r.
Index source_row(const RowRuns& runs, Index r) {
  return runs.length == 0 ? r : runs.first + r / runs.length * runs.step + r % runs.length;
}

/// The part of a (possibly fused) bias that is one role's.
std::vector<float> read_bias(const Checkpoint& checkpoint, const LinearTensors& linear) {
  const std::vector<float> whole = read_vector(checkpoint, linear.bias);
  if (whole.empty()) return {};
  std::vector<float> bias(static_cast<std::size_t>(linear.out));
  for (Index r = 0; r < linear.out; ++r)
    bias[static_cast<std::size_t>(r)] = whole[static_cast<std::size_t>(source_row(linear.rows, r))];
  return bias;
}

Index rows_at_once(const WeightPacker& packer) {
  const Index block = packer.row_block();
  return (kConversionRows + block - 1) / block * block;
}

/// Rows [first, last) have been converted: the pieces of kReleaseBytes that end among them leave
/// the resident memory. Smaller pieces would cost more than the conversion. Threads that are still
/// reading such a piece bring pages of it back: when all are done, all of it is to be released.
void release_behind(const Checkpoint& checkpoint, const std::string& name, Index first,
                    Index last) {
  const TensorInfo& info = checkpoint.info(name);
  const Index row_bytes = std::max<Index>(1, info.bytes / std::max<Index>(1, info.rows()));
  const Index piece = std::max<Index>(1, kReleaseBytes / row_bytes);
  const Index begin = first / piece * piece;
  const Index end = last == info.rows() ? last : last / piece * piece;
  if (end > first) checkpoint.release(name, begin, end - begin);
}

}  // namespace

Decoder Decoder::open(const std::filesystem::path& dir, const ArchitectureRegistry& registry) {
  auto checkpoint = std::make_shared<const Checkpoint>(Checkpoint::open(dir));
  const HfConfig config(checkpoint->config(), (dir / "config.json").string());
  DecoderSpec spec = registry.find(config).spec(config, *checkpoint);
  check_tensors(spec, *checkpoint, config);
  check_claims(spec, *checkpoint, config);
  read_bos(spec, *checkpoint, config);
  std::vector<std::string> warnings = checkpoint->warnings();
  warnings.insert(warnings.end(), config.warnings().begin(), config.warnings().end());
  return {std::move(checkpoint), std::move(spec), std::move(warnings)};
}

Decoder::Decoder(std::shared_ptr<const Checkpoint> checkpoint, DecoderSpec spec,
                 std::vector<std::string> warnings)
    : checkpoint_(std::move(checkpoint)), spec_(std::move(spec)), warnings_(std::move(warnings)) {}

Decoder Decoder::reshaped(const Reshape& reshape) const {
  NF_CHECK(reshape.is_nothing() || why_not_reshaped(spec_).empty(), "{} is reshaped",
           spec_.architecture);
  Decoder decoder = *this;
  decoder.reshape_ = reshape;
  return decoder;
}

std::vector<double> Decoder::column_factors(const BlockSpec& block, Index layer, Role role) const {
  if (reshape_.is_nothing()) return {};
  const std::optional<BlockNorm> norm = norm_read_by(spec_, block, role);
  if (!norm) return {};
  const NormTensors& tensors =
      *norm == BlockNorm::attention ? block.attention_norm : block.mlp_norm;
  return channel_factors(reshape_, layer,
                         read_norm(*checkpoint_, tensors, spec_.hidden_size).weight);
}

std::vector<Site> Decoder::sites() const {
  std::vector<Site> sites;
  const std::vector<Role> roles = spec_.roles();
  sites.push_back({0, Role::embed_tokens, SiteTensor::weight});
  const auto add_state = [&sites](Index layer, SiteTensor state) {
    sites.push_back({.layer = layer, .tensor = state});
  };
  for (Index layer = 0; layer < spec_.num_hidden_layers; ++layer) {
    for (Role role : roles) {
      for (SiteTensor tensor : {SiteTensor::weight, SiteTensor::input})
        sites.push_back({layer, role, tensor});
      if (role != Role::v_proj) continue;
      add_state(layer, SiteTensor::k_cache);
      add_state(layer, SiteTensor::v_cache);
    }
    add_state(layer, SiteTensor::resid);
  }
  for (SiteTensor tensor : {SiteTensor::weight, SiteTensor::input})
    sites.push_back({0, Role::lm_head, tensor});
  return sites;
}

Multiplication Decoder::multiplication(Rounding rounding) const {
  if (rounding == Rounding::usual) return {.arithmetic = arithmetic_};
  if (arithmetic_ == Arithmetic::bf16) return {};
  return {.summation = Summation::halves};
}

void Decoder::prepare(Index positions) {
  embedding_norm_ = read_norm(*checkpoint_, spec_.embedding_norm, spec_.hidden_size);
  final_norm_ = read_norm(*checkpoint_, spec_.final_norm, spec_.hidden_size);
  project_in_ = read_projection(spec_.project_in);
  project_out_ = read_projection(spec_.project_out);
  if (spec_.rope) rope_ = std::make_shared<const RopeTable>(*spec_.rope, positions);
}

Decoder::Projection Decoder::read_projection(const std::string& name) const {
  if (name.empty()) return {};
  const TensorInfo& info = checkpoint_->info(name);
  Matrix weight(info.rows(), info.cols());
  checkpoint_->read_f32(name, 0, info.rows(), weight);
  return {pack_weight(weight, {}, multiplication()),
          pack_weight(weight, {}, multiplication(Rounding::other))};
}

const float* TokenRows::of(std::int32_t id) const {
  const auto at = std::lower_bound(ids.begin(), ids.end(), id);
  NF_CHECK(at != ids.end() && *at == id, "no embedding of token {}", id);
  return rows.view().row(at - ids.begin());
}

void Decoder::embed(std::span<const std::int32_t> ids, const Layout& layout, MatrixView hidden,
                    const TokenRows* tokens, Rounding rounding) const {
  NF_CHECK_SHAPE(hidden, static_cast<Index>(ids.size()), spec_.hidden_size);
  NF_CHECK(layout.rows() == hidden.rows(), "layout of {} rows for {}", layout.rows(),
           hidden.rows());
  Matrix narrow;  // [T, E], where that is not the hidden state itself
  MatrixView embedded = hidden;
  if (!spec_.project_in.empty()) {
    narrow.resize(hidden.rows(), spec_.embedding_size());
    embedded = narrow;
  }
  for (Index t = 0; t < hidden.rows(); ++t) {
    const std::int32_t id = ids[static_cast<std::size_t>(t)];
    if (id < 0 || id >= spec_.vocab_size)
      throw DataError(fmt::format("{}: token id {} at position {} is outside the vocabulary of {}",
                                  checkpoint_->dir().string(), id, t, spec_.vocab_size));
    if (tokens == nullptr)
      checkpoint_->read_f32(spec_.embed_tokens, id, 1, embedded.middle_rows(t, 1));
    else
      std::copy_n(tokens->of(id), embedded.cols(), embedded.row(t));
  }
  if (!spec_.project_in.empty()) linear(embedded, project_in_.of(rounding), {}, hidden);
  if (spec_.positions) {
    Matrix position(1, spec_.hidden_size);
    for (const Segment& segment : layout.segments) {
      for (Index r = 0; r < segment.rows; ++r) {
        checkpoint_->read_f32(spec_.positions->tensor,
                              segment.prefix_rows + r + spec_.positions->offset, 1, position);
        add(hidden.middle_rows(segment.first + r, 1), position);
      }
    }
  }
  if (embedding_norm_.exists()) run_norm(spec_, embedding_norm_, hidden, hidden);
}

void Decoder::read_rows(const LinearTensors& from, Index first, MatrixView rows) const {
  if (from.transposed) {
    NF_CHECK_SHAPE(rows, from.out, from.in);
    Matrix columns(kTransposedRows, from.source_rows());
    for (Index begin = 0; begin < from.in; begin += kTransposedRows) {
      const Index count = std::min(kTransposedRows, from.in - begin);
      checkpoint_->read_f32(from.weight, begin, count, columns.view().middle_rows(0, count));
      release_behind(*checkpoint_, from.weight, begin, begin + count);
      for (Index r = 0; r < from.out; ++r) {
        const Index source = source_row(from.rows, r);
        for (Index i = 0; i < count; ++i) rows(r, begin + i) = columns(i, source);
      }
    }
    return;
  }
  const Index run = from.rows.length == 0 ? from.out : from.rows.length;
  const Index last = first + rows.rows();
  for (Index r = first; r < last;) {
    const Index count = std::min(run - r % run, last - r);
    const Index source = source_row(from.rows, r);
    checkpoint_->read_f32(from.weight, source, count, rows.middle_rows(r - first, count));
    release_behind(*checkpoint_, from.weight, source, source + count);
    r += count;
  }
}

void Decoder::read_weight(Index layer, Role role, MatrixView weight) const {
  const BlockSpec block = spec_.block(layer);
  for (const LinearTensors& linear : block.linears) {
    if (linear.role == role) {
      read_rows(linear, 0, weight);
      checkpoint_->release(linear.weight);
      if (const auto factors = column_factors(block, layer, role); !factors.empty())
        divide_columns(factors, weight);
      return;
    }
  }
  throw InternalError(fmt::format("no {} in layer {}", role_name(role), layer));
}

BlockWeights Decoder::load_block(Index layer, BlockWeights used) const {
  BlockWeights weights;
  weights.layer = layer;
  weights.spec = spec_.block(layer);
  weights.attention_norm = read_norm(*checkpoint_, weights.spec.attention_norm, spec_.hidden_size);
  weights.mlp_norm = read_norm(*checkpoint_, weights.spec.mlp_norm, spec_.hidden_size);
  weights.q_norm = read_norm(*checkpoint_, weights.spec.q_norm, spec_.head_dim);
  weights.k_norm = read_norm(*checkpoint_, weights.spec.k_norm, spec_.head_dim);
  if (!reshape_.is_nothing())
    for (NormWeights* norm : {&weights.attention_norm, &weights.mlp_norm}) {
      if (!norm->exists()) continue;
      const std::vector<double> factors = channel_factors(reshape_, layer, norm->weight);
      multiply_channels(factors, norm->weight);
      multiply_channels(factors, norm->bias);
    }
  for (const LinearTensors& from : weights.spec.linears)
    weights.biases[from.role] = read_bias(*checkpoint_, from);
  // Blocks of rows are shared out, not linears: those differ in size.
  struct Piece {
    std::size_t linear;
    Index first, rows;
  };
  std::vector<WeightPacker> packers;
  std::vector<std::vector<double>> factors;
  std::vector<Piece> pieces;
  for (const LinearTensors& from : weights.spec.linears) {
    packers.emplace_back(from.out, from.in, std::move(used.packed[from.role]), Packing::own,
                         Multiplication{.arithmetic = linears_arithmetic_});
    factors.push_back(column_factors(weights.spec, layer, from.role));
    const Index step = from.transposed ? from.out : rows_at_once(packers.back());
    for (Index first = 0; first < from.out; first += step)
      pieces.push_back({packers.size() - 1, first, std::min(step, from.out - first)});
  }
  parallel_for(static_cast<Index>(pieces.size()), [&](Index i) {
    thread_local Matrix rows;
    const Piece& piece = pieces[static_cast<std::size_t>(i)];
    const LinearTensors& from = weights.spec.linears[piece.linear];
    rows.resize(piece.rows, from.in);
    read_rows(from, piece.first, rows);
    if (!factors[piece.linear].empty()) divide_columns(factors[piece.linear], rows);
    packers[piece.linear].put_rows(piece.first, rows);
  });
  for (std::size_t i = 0; i < packers.size(); ++i) {
    const LinearTensors& from = weights.spec.linears[i];
    checkpoint_->release(from.weight);
    weights.packed[from.role] = std::move(packers[i]).finish();
  }
  return weights;
}

void Decoder::prefetch_block(Index layer) const {
  for (const LinearTensors& from : spec_.block(layer).linears) checkpoint_->prefetch(from.weight);
}

void Decoder::run(const BlockWeights& weights, const PackedLinears& packed, const Layout& layout,
                  InputFilter* filter, MatrixView hidden, InputProbe* probe,
                  Rounding rounding) const {
  run_block(spec_, weights, packed, rope_.get(), layout, filter, hidden, probe,
            multiplication(rounding).arithmetic);
}

void Decoder::run_sublayer(Sublayer sublayer, const BlockWeights& weights,
                           const PackedLinears& packed, const Layout& layout, ConstMatrixView x,
                           MatrixView out) const {
  nf::run_sublayer(sublayer, spec_, weights, packed, rope_.get(), layout, x, out, arithmetic_);
}

void Decoder::final_norm(Matrix& hidden, Rounding rounding) const {
  if (final_norm_.exists()) run_norm(spec_, final_norm_, hidden, hidden);
  if (spec_.project_out.empty()) return;
  Matrix projected(hidden.rows(), spec_.embedding_size());
  linear(hidden, project_out_.of(rounding), {}, projected);
  hidden = std::move(projected);
}

void Decoder::prefetch_head(Index first_token, Index tokens) const {
  const Index count = std::min(tokens, spec_.vocab_size - first_token);
  if (count > 0) checkpoint_->prefetch(spec_.lm_head, first_token, count);
}

HeadSlab Decoder::load_head(Index first_token, Index tokens, HeadSlab used,
                            Rounding rounding) const {
  HeadSlab slab =
      pack_slab(first_token, tokens, std::move(used), rounding, [&](Index begin, MatrixView rows) {
        checkpoint_->read_f32(spec_.lm_head, begin, rows.rows(), rows);
        release_behind(*checkpoint_, spec_.lm_head, begin, begin + rows.rows());
      });
  const Index end = std::min(first_token + tokens, spec_.vocab_size);
  checkpoint_->release(spec_.lm_head, first_token, end - first_token);
  return slab;
}

HeadSlab Decoder::pack_head(ConstMatrixView rows, Index first_token, HeadSlab used) const {
  NF_CHECK(first_token + rows.rows() <= spec_.vocab_size, "rows [{}, {}) of a head of {}",
           first_token, first_token + rows.rows(), spec_.vocab_size);
  return pack_slab(first_token, rows.rows(), std::move(used), Rounding::usual,
                   [&](Index begin, MatrixView part) {
                     std::copy_n(rows.row(begin - first_token), part.size(), part.data());
                   });
}

HeadSlab Decoder::pack_slab(Index first_token, Index tokens, HeadSlab used, Rounding rounding,
                            const std::function<void(Index, MatrixView)>& read) const {
  NF_CHECK(first_token % kVocabChunk == 0, "head from token {}", first_token);
  const Index end = std::min(first_token + tokens, spec_.vocab_size);
  HeadSlab slab = std::move(used);
  slab.first_token = first_token;
  slab.chunks.resize(static_cast<std::size_t>((end - first_token + kVocabChunk - 1) / kVocabChunk));
  parallel_for(static_cast<Index>(slab.chunks.size()), [&](Index i) {
    thread_local Matrix rows;
    const Index begin = first_token + i * kVocabChunk;
    const Index count = std::min(kVocabChunk, end - begin);
    PackedWeight& chunk = slab.chunks[static_cast<std::size_t>(i)];
    WeightPacker packer(count, spec_.embedding_size(), std::move(chunk), Packing::own,
                        multiplication(rounding));
    const Index step = rows_at_once(packer);
    for (Index first = 0; first < count; first += step) {
      rows.resize(std::min(step, count - first), spec_.embedding_size());
      read(begin + first, rows);
      packer.put_rows(first, rows);
    }
    chunk = std::move(packer).finish();
  });
  return slab;
}

const std::string& Decoder::outer_tensor(Role role) const {
  NF_CHECK(!is_block_role(role), "{} is part of a block", role_name(role));
  return role == Role::embed_tokens ? spec_.embed_tokens : spec_.lm_head;
}

void Decoder::read_outer(Role role, Index first, MatrixView rows) const {
  const std::string& name = outer_tensor(role);
  checkpoint_->read_f32(name, first, rows.rows(), rows);
  release_behind(*checkpoint_, name, first, first + rows.rows());
}

void Decoder::release_outer(Role role) const { checkpoint_->release(outer_tensor(role)); }

void Decoder::logits(ConstMatrixView x, const PackedWeight& chunk, MatrixView logits) const {
  linear(x, chunk, {}, logits);
  if (spec_.logit_scale != 1.0f) scale(logits, spec_.logit_scale);
}

}  // namespace nf
