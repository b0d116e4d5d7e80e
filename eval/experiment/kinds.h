#pragma once

#include "core/model/architecture.h"
#include "perturb/noise_registry.h"
#include "quant/quantizer_registry.h"

namespace nf {

/// Everything that can be named in an experiment: built once by the command line (or a test) and
/// passed down. Only eval sees noise, quantizers and architectures together.
struct Kinds {
  NoiseRegistry noises;
  QuantizerRegistry quantizers;
  ArchitectureRegistry architectures;

  /// All kinds this program was built with.
  static Kinds builtin();
};

}  // namespace nf
