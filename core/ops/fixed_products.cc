#include "core/ops/fixed_products.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <span>

#include "core/base/parallel.h"
#include "core/io/content_hash.h"
#include "core/ops/gemm.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

/// A linear layer of one row tile; or, where it is `of_queries`, queries times keys.
struct Shape {
  Index in = 0, out = 0;
  Epilogue epilogue = Epilogue::store;
  bool bias = false;
  bool of_queries = false;
};
constexpr std::array<Shape, 8> kShapes = {{
    {.in = 64, .out = 64, .epilogue = Epilogue::relu, .bias = true},
    {.in = 288, .out = 768},
    {.in = 768, .out = 1024, .epilogue = Epilogue::relu, .bias = true},
    {.in = 1024, .out = 256, .epilogue = Epilogue::add, .bias = true},
    {.in = 2048, .out = 256, .epilogue = Epilogue::add},
    {.in = 4096, .out = 256},
    {.in = 11008, .out = 128, .epilogue = Epilogue::add},
    {.in = 64, .out = 256, .of_queries = true},
}};
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

Matrix result_of(const Shape& shape, const Matrix& values) {
  const ConstMatrixView w = part(values, 0, shape.out, shape.in);
  const ConstMatrixView x = part(values, 4099, kRowTile, shape.in);
  Matrix y(kRowTile, shape.out);
  if (shape.of_queries) {
    matmul_nt(x, w, y);
    return y;
  }
  if (shape.epilogue == Epilogue::add) std::copy_n(values.data() + 17, y.size(), y.data());
  const ConstVectorView bias{values.data() + 31, static_cast<std::size_t>(shape.out)};
  linear(x, pack_weight(w), shape.bias ? bias : ConstVectorView{}, y, shape.epilogue);
  return y;
}

std::string name_of(const Shape& shape) {
  const char* const kind = shape.of_queries                   ? "queries and keys"
                           : shape.epilogue == Epilogue::relu ? "relu"
                           : shape.epilogue == Epilogue::add  ? "add"
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

std::vector<FixedProduct> fixed_products() {
  const Matrix values = fixed_values();
  std::vector<FixedProduct> products(kShapes.size());
  parallel_for(std::ssize(products), [&](Index i) {
    const auto p = static_cast<std::size_t>(i);
    products[p] = {name_of(kShapes[p]), hash_of(result_of(kShapes[p], values))};
  });
  return products;
}

const std::string& products_hash() {
  static const std::string hash = [] {
    ContentHash all;
    for (const FixedProduct& product : fixed_products()) all.add(product.hash);
    return short_hex(all);
  }();
  return hash;
}

}  // namespace nf
