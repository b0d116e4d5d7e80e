#include "core/ops/fixed_products.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <span>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/io/content_hash.h"
#include "core/ops/bf16.h"
#include "core/ops/gemm.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

/// A linear layer, or a product of attention.
enum class Kind { linear, queries_and_keys, weights_and_values };

/// A product of one row tile.
struct Shape {
  Index in = 0, out = 0;
  Epilogue epilogue = Epilogue::store;
  bool bias = false;
  Kind kind = Kind::linear;
};
constexpr std::array<Shape, 8> kShapes = {{
    {.in = 64, .out = 64, .epilogue = Epilogue::relu, .bias = true},
    {.in = 288, .out = 768},
    {.in = 768, .out = 1024, .epilogue = Epilogue::relu, .bias = true},
    {.in = 1024, .out = 256, .epilogue = Epilogue::add, .bias = true},
    {.in = 2048, .out = 256, .epilogue = Epilogue::add},
    {.in = 4096, .out = 256},
    {.in = 11008, .out = 128, .epilogue = Epilogue::add},
    {.in = 64, .out = 256, .kind = Kind::queries_and_keys},
}};
constexpr Shape kAttention = {.in = 256, .out = 64, .kind = Kind::weights_and_values};
/// Enough for the largest weight and for x beside it, which begins elsewhere.
constexpr Index kValues = 11008 * kRowTile + 4099;

/// Values of [-1, 1) with 24 significant bits, so that nearly every sum of their products rounds.
Matrix fixed_values() {
  Matrix values(1, kValues);
  float* const out = values.data();
  for (Index i = 0; i < kValues; ++i) {
    auto bits = static_cast<std::uint32_t>(i) * 0x9E3779B1u;
    bits = (bits ^ (bits >> 15)) * 0x85EBCA77u;
    bits = (bits ^ (bits >> 13)) * 0xC2B2AE3Du;
    out[i] = static_cast<float>(static_cast<std::int32_t>(bits ^ (bits >> 16)) >> 8) * 0x1p-23f;
  }
  return values;
}

/// `rows` x `cols` of the values, from `first` on.
ConstMatrixView part(const Matrix& values, Index first, Index rows, Index cols) {
  return {values.data() + first, rows, cols, cols};
}

/// A product of attention, its operands rounded where they shall be.
void attend(Kind kind, Arithmetic arithmetic, ConstMatrixView a, ConstMatrixView b, MatrixView c) {
  const auto multiply = [kind, c](auto left, auto right) {
    if (kind == Kind::queries_and_keys)
      matmul_nt(left, right, c);
    else
      matmul_nn(left, right, c);
  };
  if (arithmetic == Arithmetic::f32) return multiply(a, b);
  Matrix a_words, b_words;
  multiply(round_rows(a, a.rows(), a_words), round_rows(b, b.rows(), b_words));
}

Matrix result_of(const Shape& shape, Arithmetic arithmetic, const Matrix& values) {
  const bool is_nn = shape.kind == Kind::weights_and_values;
  const ConstMatrixView w =
      is_nn ? part(values, 0, shape.in, shape.out) : part(values, 0, shape.out, shape.in);
  const ConstMatrixView x = part(values, 4099, kRowTile, shape.in);
  Matrix y(kRowTile, shape.out);
  if (shape.kind != Kind::linear) {
    attend(shape.kind, arithmetic, x, w, y);
    return y;
  }
  if (shape.epilogue == Epilogue::add) std::copy_n(values.data() + 17, y.size(), y.data());
  const ConstVectorView bias{values.data() + 31, static_cast<std::size_t>(shape.out)};
  linear(x, pack_weight(w, {}, {.arithmetic = arithmetic}), shape.bias ? bias : ConstVectorView{},
         y, shape.epilogue);
  return y;
}

std::string name_of(const Shape& shape) {
  const char* const kind = shape.kind == Kind::queries_and_keys     ? "queries and keys"
                           : shape.kind == Kind::weights_and_values ? "weights and values"
                           : shape.epilogue == Epilogue::relu       ? "relu"
                           : shape.epilogue == Epilogue::add        ? "add"
                                                                    : "store";
  return fmt::format("{}x{}x{} {}", kRowTile, shape.in, shape.out, kind);
}

/// 64 of its bits are enough to tell machines apart, and stand in every record.
std::string short_hex(const ContentHash& hash) { return hash.hex().substr(0, 16); }

std::string hash_of(const Matrix& y) {
  ContentHash hash;
  hash.add(std::as_bytes(std::span(y.data(), static_cast<std::size_t>(y.size()))));
  return short_hex(hash);
}

}  // namespace

std::vector<FixedProduct> fixed_products(Arithmetic arithmetic) {
  NF_CHECK(arithmetic != Arithmetic::int8, "integer sums are exact");
  const Matrix values = fixed_values();
  std::vector<Shape> shapes(kShapes.begin(), kShapes.end());
  // In f32 it would be another hash than that of folders which are there.
  if (arithmetic == Arithmetic::bf16) shapes.push_back(kAttention);
  std::vector<FixedProduct> products(shapes.size());
  parallel_for(std::ssize(products), [&](Index i) {
    const auto p = static_cast<std::size_t>(i);
    products[p] = {name_of(shapes[p]), hash_of(result_of(shapes[p], arithmetic, values))};
  });
  return products;
}

const std::string& products_hash(Arithmetic arithmetic) {
  const auto made = [arithmetic] {
    ContentHash all;
    for (const FixedProduct& product : fixed_products(arithmetic)) all.add(product.hash);
    return short_hex(all);
  };
  if (arithmetic == Arithmetic::bf16) {
    static const std::string hash = made();
    return hash;
  }
  static const std::string hash = made();
  return hash;
}

}  // namespace nf
