#pragma once

#include <string>
#include <vector>

#include "core/ops/gemm.h"

namespace nf {

/// One of the fixed products, done on this machine.
struct FixedProduct {
  std::string name;  ///< "128x11008x128 add": rows, inner dimension, columns and epilogue
  std::string hash;  ///< of the bits of its result, 16 hexadecimal digits
};

/// The results of eight products of fixed values, inner dimensions 64 to 11008: weights with each
/// epilogue, and queries times keys. Two machines that agree in all of them sum in the same order,
/// whatever their instruction sets and implementations are called; where they differ, so do the
/// last bits of results. bf16: the same of operands rounded to bf16, and attention weights times
/// values; f32 says nothing about these. Takes some milliseconds.
std::vector<FixedProduct> fixed_products(Arithmetic arithmetic = Arithmetic::f32);

/// The hash of all of them, 16 hexadecimal digits, of f32 or bf16. Made once in a process: the
/// instruction set must have been chosen (limit_gemm_isa()).
const std::string& products_hash(Arithmetic arithmetic = Arithmetic::f32);

}  // namespace nf
