#include "core/io/matrix_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/error.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

Matrix decoded(const std::vector<std::byte>& bytes, Index rows, Index cols) {
  Matrix x(rows, cols);
  x.fill(7.0f);
  ByteCursor cursor(bytes, "bytes");
  decode_matrix(cursor, x);
  EXPECT_EQ(cursor.left(), 0);
  return x;
}

/// Its bytes, once it is known that they come back to the last bit.
std::size_t bytes_of(const Matrix& x) {
  const std::vector<std::byte> bytes = encode_matrix(x);
  const Matrix back = decoded(bytes, x.rows(), x.cols());
  // An empty matrix has no values to point at.
  if (!x.empty()) {
    EXPECT_EQ(std::memcmp(back.data(), x.data(), static_cast<std::size_t>(x.size()) * 4), 0);
  }
  return bytes.size();
}

template <class Value>
Matrix made(Index rows, Index cols, Value value) {
  Matrix x(rows, cols);
  for (Index r = 0; r < rows; ++r)
    for (Index c = 0; c < cols; ++c) x(r, c) = value(r, c);
  return x;
}

/// Codes of `bits` bits that look random, on a grid of that step.
float on_grid(Index r, Index c, int bits, float step) {
  const auto code = static_cast<std::uint64_t>(r * 7919 + c * 104729) * 2654435761u >> 13;
  return step * static_cast<float>(static_cast<Index>(code % (1u << bits)) - (1 << (bits - 1)));
}

TEST(MatrixCodec, KeepsEveryBit) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float odd[] = {0.0f, -0.0f, 1e-45f, -1e-45f, kInfinity, -kInfinity, 1.0f, -1.0f};
  bytes_of(made(40, 70, [&](Index r, Index c) { return odd[(r * 3 + c) % 8]; }));
  bytes_of(made(1, 1, [](Index, Index) { return -0.0f; }));
  bytes_of(Matrix(0, 5));
  bytes_of(made(3, 1, [](Index r, Index) { return static_cast<float>(r); }));
}

TEST(MatrixCodec, TellsBothZerosApart) {
  const Matrix x = made(8, 64, [](Index r, Index c) { return (r + c) % 2 == 0 ? 0.0f : -0.0f; });
  const Matrix back = decoded(encode_matrix(x), 8, 64);
  EXPECT_FALSE(std::signbit(back(0, 0)));
  EXPECT_TRUE(std::signbit(back(0, 1)));
  EXPECT_LT(bytes_of(x), 8u * 64u / 2u);
}

TEST(MatrixCodec, KeepsDistinctValuesAsTheyAre) {
  const Matrix x = made(50, 60, [](Index r, Index c) {
    return std::ldexp(1.0f + static_cast<float>(r * 60 + c) * 1e-5f, static_cast<int>(c % 20));
  });
  EXPECT_LE(bytes_of(x), sizeof(float) * 3000 + 1);
}

TEST(MatrixCodec, IsSmallForValuesOnAGrid) {
  // Of 4 bits and a step a row: half a byte a value, and 16 values a row.
  EXPECT_LT(bytes_of(made(64, 512,
                          [](Index r, Index c) {
                            return on_grid(r, c, 4, 0.01f * static_cast<float>(r + 1));
                          })),
            64u * (512 / 2 + 16 * 4 + 2) + 32);
  // A step a column, or one for all.
  EXPECT_LT(bytes_of(made(512, 64,
                          [](Index r, Index c) {
                            return on_grid(r, c, 4, 0.01f * static_cast<float>(c + 1));
                          })),
            64u * (512 / 2 + 16 * 4 + 2) + 32);
  // A step for each 128 of a row, the last of them fewer; and the same down the columns.
  const auto grouped = [](Index line, Index at) {
    return on_grid(line, at, 3, 0.01f * static_cast<float>(line * 5 + at / 128 + 1));
  };
  const std::size_t most = 40 * (4 * (128 * 3 / 8 + 8 * 4 + 2) + 40 * 3 / 8 + 8 * 4 + 3) + 32;
  EXPECT_LT(bytes_of(made(40, 552, grouped)), most);
  EXPECT_LT(bytes_of(made(552, 40, [&](Index r, Index c) { return grouped(c, r); })), most);
}

TEST(MatrixCodec, ReadsARowOfALargerMatrix) {
  const Matrix all = made(
      20, 100, [](Index r, Index c) { return on_grid(r, c, 4, 1.0f + static_cast<float>(r)); });
  const ConstMatrixView part = all.view().middle_cols(10, 64);
  const Matrix back = decoded(encode_matrix(part), 20, 64);
  for (Index r = 0; r < 20; ++r)
    for (Index c = 0; c < 64; ++c) EXPECT_EQ(back(r, c), part(r, c));
}

TEST(MatrixCodec, RefusesNaN) {
  const Matrix x = made(4, 4, [](Index r, Index c) { return r + c == 5 ? std::nanf("") : 1.0f; });
  EXPECT_THROW(encode_matrix(x), InternalError);
}

TEST(MatrixCodec, RefusesBytesThatAreNoMatrix) {
  const Matrix x = made(16, 64, [](Index r, Index c) { return on_grid(r, c, 3, 0.5f); });
  std::vector<std::byte> bytes = encode_matrix(x);
  const auto read = [](const std::vector<std::byte>& all, Index rows, Index cols) {
    Matrix back(rows, cols);
    ByteCursor cursor(all, "bytes");
    decode_matrix(cursor, back);
  };
  EXPECT_THROW(read({bytes.begin(), bytes.end() - 1}, 16, 64), DataError);
  EXPECT_THROW(read({}, 16, 64), DataError);
  bytes[0] = std::byte{9};
  EXPECT_THROW(read(bytes, 16, 64), DataError);
}

}  // namespace
}  // namespace nf
