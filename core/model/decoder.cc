#include "core/model/decoder.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/base/check.h"
#include "core/base/parallel.h"

namespace nf {
namespace {

std::vector<float> read_vector(const Checkpoint& checkpoint, const std::string& name, Index size) {
  std::vector<float> values(name.empty() ? 0 : static_cast<std::size_t>(size));
  if (!name.empty()) checkpoint.read_f32(name, 0, 1, MatrixView(values.data(), 1, size));
  return values;
}

NormWeights read_norm(const Checkpoint& checkpoint, const NormTensors& tensors, Index size) {
  return {read_vector(checkpoint, tensors.weight, size),
          read_vector(checkpoint, tensors.bias, size)};
}

bool matches(const std::string& name, const std::string& pattern) {
  if (pattern.starts_with('*')) return name.ends_with(pattern.substr(1));
  return name == pattern;
}

}  // namespace

Decoder Decoder::open(const std::filesystem::path& dir, const ArchitectureRegistry& registry) {
  auto checkpoint = std::make_shared<const Checkpoint>(Checkpoint::open(dir));
  const HfConfig config(checkpoint->config(), (dir / "config.json").string());
  DecoderSpec spec = registry.find(config).spec(config, *checkpoint);
  if (const Json& bos = config.raw("bos_token_id"); bos.is_number_integer())
    spec.bos_token_id = bos.get<Index>();
  return {std::move(checkpoint), std::move(spec)};
}

Decoder::Decoder(std::shared_ptr<const Checkpoint> checkpoint, DecoderSpec spec)
    : checkpoint_(std::move(checkpoint)), spec_(std::move(spec)) {
  check_tensors();
}

void Decoder::check_tensors() {
  std::set<std::string> used;
  const auto expect = [&](const std::string& name, const std::vector<Index>& shape) {
    if (name.empty()) return;
    const std::vector<Index>& found = checkpoint_->info(name).shape;
    if (found != shape)
      throw DataError(fmt::format("{}: tensor '{}' is [{}], config.json implies [{}]",
                                  checkpoint_->dir().string(), name, fmt::join(found, ", "),
                                  fmt::join(shape, ", ")));
    used.insert(name);
  };
  const Index h = spec_.hidden_size;
  const auto expect_norm = [&](const NormTensors& norm) {
    expect(norm.weight, {h});
    expect(norm.bias, {h});
  };
  expect(spec_.embed_tokens, {spec_.vocab_size, h});
  expect(spec_.lm_head, {spec_.vocab_size, h});
  if (spec_.positions)
    expect(spec_.positions->tensor, {spec_.max_position_embeddings + spec_.positions->offset, h});
  expect_norm(spec_.final_norm);
  for (Index layer = 0; layer < spec_.num_hidden_layers; ++layer) {
    const BlockTensors block = spec_.block(layer);
    expect_norm(block.attention_norm);
    expect_norm(block.mlp_norm);
    for (const LinearTensors& linear : block.linears) {
      expect(linear.weight, {linear.out, linear.in});
      expect(linear.bias, {linear.out});
    }
  }
  for (const std::string& name : checkpoint_->names()) {
    const bool ignored =
        std::any_of(spec_.ignored.begin(), spec_.ignored.end(),
                    [&](const std::string& pattern) { return matches(name, pattern); });
    if (!used.contains(name) && !ignored)
      throw DataError(fmt::format("{}: tensor '{}' is not part of a {} with this config.json",
                                  checkpoint_->dir().string(), name, spec_.architecture));
  }
  tensors_.assign(used.begin(), used.end());
}

void Decoder::check_weights() const {
  struct Part {
    const std::string* name;
    Index first_row, rows, cols;
  };
  constexpr Index kRowsAtOnce = 1024;
  std::vector<Part> parts;
  for (const std::string& name : tensors_) {
    const TensorInfo& info = checkpoint_->info(name);
    for (Index row = 0; row < info.rows(); row += kRowsAtOnce)
      parts.push_back({&name, row, std::min(kRowsAtOnce, info.rows() - row), info.cols()});
  }
  parallel_for(static_cast<Index>(parts.size()), [&](Index i) {
    thread_local Matrix rows;
    const Part& part = parts[static_cast<std::size_t>(i)];
    rows.resize(part.rows, part.cols);
    checkpoint_->read_f32(*part.name, part.first_row, part.rows, rows);
  });
}

std::vector<Site> Decoder::sites() const {
  std::vector<Site> sites;
  const std::vector<Role> roles = spec_.roles();
  sites.push_back({0, Role::embed_tokens, SiteTensor::weight});
  for (Index layer = 0; layer < spec_.num_hidden_layers; ++layer)
    for (Role role : roles)
      for (SiteTensor tensor : {SiteTensor::weight, SiteTensor::input})
        sites.push_back({layer, role, tensor});
  for (SiteTensor tensor : {SiteTensor::weight, SiteTensor::input})
    sites.push_back({0, Role::lm_head, tensor});
  return sites;
}

void Decoder::embed(std::span<const std::int32_t> ids, MatrixView hidden,
                    ConstMatrixView tokens) const {
  NF_CHECK_SHAPE(hidden, static_cast<Index>(ids.size()), spec_.hidden_size);
  std::vector<float> position(static_cast<std::size_t>(spec_.hidden_size));
  for (Index t = 0; t < hidden.rows(); ++t) {
    const Index id = ids[static_cast<std::size_t>(t)];
    if (id < 0 || id >= spec_.vocab_size)
      throw DataError(fmt::format("{}: token id {} at position {} is outside the vocabulary of {}",
                                  checkpoint_->dir().string(), id, t, spec_.vocab_size));
    if (tokens.empty())
      checkpoint_->read_f32(spec_.embed_tokens, id, 1, hidden.middle_rows(t, 1));
    else
      std::copy_n(tokens.row(id), spec_.hidden_size, hidden.row(t));
    if (!spec_.positions) continue;
    checkpoint_->read_f32(spec_.positions->tensor, t + spec_.positions->offset, 1,
                          MatrixView(position.data(), 1, spec_.hidden_size));
    for (Index i = 0; i < spec_.hidden_size; ++i)
      hidden(t, i) += position[static_cast<std::size_t>(i)];
  }
}

Matrix Decoder::load_outer(Role role) const {
  NF_CHECK(!is_block_role(role), "{} is part of a block", role_name(role));
  const std::string& name = role == Role::embed_tokens ? spec_.embed_tokens : spec_.lm_head;
  Matrix whole(spec_.vocab_size, spec_.hidden_size);
  parallel_for((spec_.vocab_size + kVocabChunk - 1) / kVocabChunk, [&](Index i) {
    const Index begin = i * kVocabChunk;
    const Index rows = std::min(kVocabChunk, spec_.vocab_size - begin);
    checkpoint_->read_f32(name, begin, rows, whole.view().middle_rows(begin, rows));
  });
  return whole;
}

BlockWeights Decoder::load_block(Index layer) const {
  const BlockTensors tensors = spec_.block(layer);
  BlockWeights weights;
  weights.layer = layer;
  weights.attention_norm = read_norm(*checkpoint_, tensors.attention_norm, spec_.hidden_size);
  weights.mlp_norm = read_norm(*checkpoint_, tensors.mlp_norm, spec_.hidden_size);
  weights.linears.resize(tensors.linears.size());
  parallel_for(static_cast<Index>(tensors.linears.size()), [&](Index i) {
    const LinearTensors& from = tensors.linears[static_cast<std::size_t>(i)];
    LinearWeights& to = weights.linears[static_cast<std::size_t>(i)];
    to.role = from.role;
    to.weight.resize(from.out, from.in);
    checkpoint_->read_f32(from.weight, 0, from.out, to.weight);
    to.bias = read_vector(*checkpoint_, from.bias, from.out);
  });
  return weights;
}

PackedLinears Decoder::pack_block(const BlockWeights& weights) const {
  PackedLinears packed;
  parallel_for(static_cast<Index>(weights.linears.size()), [&](Index i) {
    const LinearWeights& from = weights.linears[static_cast<std::size_t>(i)];
    packed[static_cast<std::size_t>(from.role)] = pack_weight(from.weight);
  });
  return packed;
}

void Decoder::prepare(Index tokens) {
  final_norm_ = read_norm(*checkpoint_, spec_.final_norm, spec_.hidden_size);
  if (spec_.rope) rope_ = std::make_shared<const RopeTable>(*spec_.rope, tokens);
}

void Decoder::run(const BlockWeights& weights, const PackedLinears& packed, InputFilter* filter,
                  MatrixView hidden) const {
  run_block(spec_, weights, packed, rope_.get(), filter, hidden);
}

void Decoder::final_norm(MatrixView hidden) const { run_norm(spec_, final_norm_, hidden, hidden); }

HeadSlab Decoder::load_head(Index first_token, Index tokens) const {
  return pack_slab(first_token, tokens, [&](Index begin, MatrixView rows) {
    checkpoint_->read_f32(spec_.lm_head, begin, rows.rows(), rows);
  });
}

HeadSlab Decoder::pack_head(ConstMatrixView head, Index first_token, Index tokens) const {
  return pack_slab(first_token, tokens, [&](Index begin, MatrixView rows) {
    std::copy_n(head.row(begin), rows.size(), rows.data());
  });
}

HeadSlab Decoder::pack_slab(Index first_token, Index tokens,
                            const std::function<void(Index, MatrixView)>& read) const {
  NF_CHECK(first_token % kVocabChunk == 0, "head from token {}", first_token);
  const Index end = std::min(first_token + tokens, spec_.vocab_size);
  HeadSlab slab;
  slab.first_token = first_token;
  slab.chunks.resize(static_cast<std::size_t>((end - first_token + kVocabChunk - 1) / kVocabChunk));
  parallel_for(static_cast<Index>(slab.chunks.size()), [&](Index i) {
    const Index begin = first_token + i * kVocabChunk;
    Matrix rows(std::min(kVocabChunk, end - begin), spec_.hidden_size);
    read(begin, rows);
    slab.chunks[static_cast<std::size_t>(i)] = pack_weight(rows);
  });
  return slab;
}

}  // namespace nf
