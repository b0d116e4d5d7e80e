#pragma once

#include <string>
#include <vector>

#include "core/model/decoder.h"

namespace nf {

/// A way to compute a model.
struct ModelForm {
  std::string name;                        ///< "w8a8+bf16"
  std::string summary;                     ///< its blocks and its head in words
  Arithmetic blocks = Arithmetic::f32;     ///< of the linears of the blocks
  Arithmetic elsewhere = Arithmetic::f32;  ///< of attention and the head
  /// Whether this CPU, and oneDNN on it, has the products itself.
  bool is_native() const;
  /// Why its products cannot be made of that model, whatever the CPU, in one line: sums of integers
  /// over too many inputs. Empty: they can.
  std::string problem(const DecoderSpec& spec) const;
  /// The decoder multiplies so from here on. Throws ConfigError where there is a problem(). place:
  /// of the error
  void set(Decoder& decoder, const std::string& place) const;
};

/// f32, bf16, and integer blocks beside either.
std::vector<ModelForm> model_forms();

}  // namespace nf
