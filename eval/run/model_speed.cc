#include "eval/run/model_speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <utility>

#include "core/base/parallel.h"
#include "eval/run/best_seconds.h"

namespace nf {
namespace {

/// Chunks of the head that are timed.
constexpr Index kHeadChunks = 8;

/// Of one thread: its own seconds, which the company on the machine does not touch much.
double now() {
  if (thread_count() == 1) return thread_seconds();
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double seconds_of(const std::function<void()>& work) {
  const double start = now();
  work();
  return now() - start;
}

/// The first block and a slab of the head, packed in one form.
class FormRun {
 public:
  FormRun(Decoder& decoder, ModelForm form) : decoder_(decoder), speed_{std::move(form), {}, {}} {
    speed_.form.set(decoder, speed_.form.name);
    weights_ = decoder.load_block(0);
    head_ = decoder.load_head(0, kHeadChunks * kVocabChunk);
    for (FormSeconds* seconds : {&speed_.prompt, &speed_.token})
      seconds->block = seconds->head = std::numeric_limits<double>::infinity();
  }

  /// So many equal windows at once.
  void time(Index windows, const Layout& layout, ConstMatrixView start, FormSeconds& best) {
    speed_.form.set(decoder_, speed_.form.name);
    hidden_.resize(static_cast<std::size_t>(windows));
    for (Matrix& hidden : hidden_) {
      hidden.resize(layout.rows(), start.cols());
      for (Index r = 0; r < layout.rows(); ++r)
        std::copy_n(start.row(r), start.cols(), hidden.view().row(r));
    }
    const double share = 1.0 / static_cast<double>(windows);
    best.block = std::min(best.block, share * seconds_of([&] { run_blocks(layout); }));
    const Matrix x = values(layout.rows(), decoder_.spec().embedding_size());
    const double slab = share * seconds_of([&] { logits(windows, x); });
    best.head = std::min(best.head, slab * static_cast<double>(decoder_.spec().vocab_size) /
                                        static_cast<double>(head_tokens()));
  }
  ModelSpeed& speed() { return speed_; }

  /// Values of about 1, always the same.
  static Matrix values(Index rows, Index cols) {
    Matrix x(rows, cols);
    for (Index i = 0; i < x.size(); ++i)
      x.data()[i] = static_cast<float>(i * 7919 % 2001 - 1000) * 1e-3f;
    return x;
  }

 private:
  Index head_tokens() const {
    Index tokens = 0;
    for (const PackedWeight& chunk : head_.chunks) tokens += chunk.out();
    return tokens;
  }
  void run_blocks(const Layout& layout) {
    const auto run = [&](Index window) {
      decoder_.run(weights_, weights_.packed, layout, nullptr,
                   hidden_[static_cast<std::size_t>(window)]);
    };
    if (std::ssize(hidden_) == 1) return run(0);  // which shares its row tiles out itself
    parallel_for(std::ssize(hidden_), run);
  }
  /// Of every tile of every window with every chunk, shared out.
  void logits(Index windows, ConstMatrixView x) {
    const Index chunks = std::ssize(head_.chunks);
    const Index tiles = padded_rows(x.rows()) / kRowTile;
    parallel_for(windows * tiles * chunks, [&](Index i) {
      thread_local Matrix tile;
      const PackedWeight& chunk = head_.chunks[static_cast<std::size_t>(i % chunks)];
      const Index row = i / chunks % tiles * kRowTile, rows = std::min(kRowTile, x.rows() - row);
      tile.resize(rows, chunk.out());
      decoder_.logits(x.middle_rows(row, rows), chunk, tile);
    });
  }

  Decoder& decoder_;
  ModelSpeed speed_;
  BlockWeights weights_;
  HeadSlab head_;
  std::vector<Matrix> hidden_;  ///< of each window
};

}  // namespace

std::vector<ModelSpeed> measure_speed(Decoder& decoder, Index context, Index rounds) {
  const Arithmetic before = decoder.arithmetic();
  std::vector<FormRun> runs;
  for (const ModelForm& form : model_forms())
    if (form.is_native() && form.problem(decoder.spec()).empty()) runs.emplace_back(decoder, form);
  const Matrix start = FormRun::values(context, decoder.spec().hidden_size);
  for (Index round = 0; round <= rounds; ++round)  // the first compiles the products
    for (FormRun& run : runs) {
      run.time(thread_count(), Layout::window(context), start, run.speed().prompt);
      run.time(1, Layout::window(1), start, run.speed().token);
    }
  decoder.set_arithmetic(before);
  std::vector<ModelSpeed> speeds;
  for (FormRun& run : runs) speeds.push_back(std::move(run.speed()));
  return speeds;
}

LinearSizes linear_sizes(const DecoderSpec& spec) {
  LinearSizes sizes{.head_values = static_cast<double>(spec.vocab_size) *
                                   static_cast<double>(spec.embedding_size())};
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
    for (const LinearTensors& linear : spec.block(layer).linears) {
      ++sizes.linears;
      if (spec.input_owner(linear.role) == linear.role) ++sizes.inputs;
      sizes.values += static_cast<double>(linear.out) * static_cast<double>(linear.in);
      sizes.rows += static_cast<double>(linear.out);
    }
  return sizes;
}

std::vector<WeightScheme> weight_schemes(const DecoderSpec& spec) {
  const LinearSizes sizes = linear_sizes(spec);
  const double row = sizes.values / sizes.rows;
  std::vector<WeightScheme> schemes;
  const auto add = [&](std::string name, double bits, double head_bytes) {
    schemes.push_back({std::move(name), bits, bytes_per_token(sizes, bits, head_bytes)});
  };
  add("f32", 32.0, 4.0);
  add("W16A16", 16.0, 2.0);
  add("W8A16 channel", stored_bits(8.0, row, false), 2.0);
  add("W4A16 channel", stored_bits(4.0, row, false), 2.0);
  for (const double group : {128.0, 64.0, 32.0}) {
    add(fmt::format("W4A16 g{}", group), stored_bits(4.0, group, false), 2.0);
    add(fmt::format("W4A16 g{} asym", group), stored_bits(4.0, group, true), 2.0);
  }
  return schemes;
}

}  // namespace nf
