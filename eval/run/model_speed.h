#pragma once

#include <string>
#include <vector>

#include "core/model/decoder.h"
#include "eval/records/model_bench.h"
#include "eval/run/model_form.h"

namespace nf {

/// Seconds that a window takes in one form, the best of all rounds.
struct FormSeconds {
  double block = 0.0;  ///< one block
  double head = 0.0;   ///< the whole head
  double pass(Index layers) const { return static_cast<double>(layers) * block + head; }
};

/// Times of one form of a model, its weights packed before.
struct ModelSpeed {
  ModelForm form;
  /// A window of `context` tokens, where as many as there are threads run side by side: a part of
  /// the time that all of them take.
  FormSeconds prompt;
  FormSeconds token;  ///< one token alone: a tile of kRowTile rows all the same
};

/// Times the first block and a slab of the head, from which the others follow, in all forms that
/// this CPU has, in turn, on all threads: windows side by side, the tiles of the head shared out.
/// decoder: prepared for `context` positions.
std::vector<ModelSpeed> measure_speed(Decoder& decoder, Index context, Index rounds);

LinearSizes linear_sizes(const DecoderSpec& spec);

/// Bytes that a pass over one token reads of the weights: those of all blocks' linears in a scheme,
/// and the head in `head_bytes` a value.
struct WeightScheme {
  std::string name;    ///< "W4A16 g128 asym"
  double bits = 32.0;  ///< of a value of the blocks' linears, its share of scales included
  double bytes = 0.0;  ///< of a token
};
/// f32, 16 bits, and integers of 8 and 4 bits with scales of 16 bits a row or a group.
std::vector<WeightScheme> weight_schemes(const DecoderSpec& spec);

}  // namespace nf
