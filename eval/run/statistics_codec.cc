#include "eval/run/statistics_codec.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

namespace nf {
namespace {

constexpr std::array kFloats = {&InputStatistics::max_abs, &InputStatistics::lowest,
                                &InputStatistics::highest, &InputStatistics::max_abs_weight};
constexpr std::array kDoubles = {&InputStatistics::sum, &InputStatistics::sum_abs,
                                 &InputStatistics::sum_squares};

template <class T>
void put(std::span<const T> values, std::vector<std::byte>& bytes) {
  const auto raw = std::as_bytes(values);
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

void put(Index number, std::vector<std::byte>& bytes) {
  put(std::span<const Index>(&number, 1), bytes);
}

template <class T>
void put(const std::vector<T>& values, std::vector<std::byte>& bytes) {
  put(std::ssize(values), bytes);
  put(std::span<const T>(values), bytes);
}

Index take(ByteCursor& bytes) { return static_cast<Index>(bytes.number<std::uint64_t>()); }

template <class T>
void take(ByteCursor& bytes, std::span<T> values) {
  const std::string_view raw = bytes.text(static_cast<Index>(values.size_bytes()));
  if (!raw.empty()) std::memcpy(values.data(), raw.data(), raw.size());
}

/// A number of values of that size that can be there.
Index take_count(ByteCursor& bytes, std::size_t size) {
  const Index count = take(bytes);
  if (count < 0 || count > bytes.left() / static_cast<Index>(size))
    bytes.fail("more values than bytes");
  return count;
}

void put(const Matrix& matrix, std::vector<std::byte>& bytes) {
  put(matrix.rows(), bytes);
  put(std::span<const float>(matrix.data(), static_cast<std::size_t>(matrix.size())), bytes);
}

/// in: columns of a matrix that has rows
void take(ByteCursor& bytes, Index in, Matrix& matrix) {
  const Index rows = take_count(bytes, sizeof(float));
  if (rows == 0) return;
  matrix.resize(rows, in);
  take(bytes, std::span<float>(matrix.data(), static_cast<std::size_t>(matrix.size())));
}

template <class T>
void take(ByteCursor& bytes, std::vector<T>& values) {
  values.resize(static_cast<std::size_t>(take_count(bytes, sizeof(T))));
  take(bytes, std::span<T>(values));
}

}  // namespace

void encode_statistics(const InputStatistics* statistics, std::vector<std::byte>& bytes) {
  bytes.push_back(static_cast<std::byte>(statistics != nullptr));
  if (statistics == nullptr) return;
  for (const Index number : {statistics->in, statistics->size.tokens, statistics->size.windows})
    put(number, bytes);
  for (const auto part : kFloats) put(statistics->*part, bytes);
  for (const auto part : kDoubles) put(statistics->*part, bytes);
  const SymmetricMatrix& moment = statistics->second_moment;
  put(moment.size(), bytes);
  for (Index r = 0; r < moment.size(); ++r)
    put(std::span<const double>(moment.row(r), static_cast<std::size_t>(r + 1)), bytes);
  put(statistics->sample, bytes);
  put(statistics->first_windows, bytes);
}

InputStatisticsPtr decode_statistics(ByteCursor& bytes) {
  if (bytes.number<std::uint8_t>() == 0) return nullptr;
  InputStatistics statistics;
  statistics.in = take(bytes);
  statistics.size.tokens = take(bytes);
  statistics.size.windows = take(bytes);
  for (const auto part : kFloats) take(bytes, statistics.*part);
  for (const auto part : kDoubles) take(bytes, statistics.*part);
  statistics.second_moment = SymmetricMatrix(take_count(bytes, sizeof(double)));
  SymmetricMatrix& moment = statistics.second_moment;
  for (Index r = 0; r < moment.size(); ++r)
    take(bytes, std::span<double>(moment.row(r), static_cast<std::size_t>(r + 1)));
  take(bytes, statistics.in, statistics.sample);
  take(bytes, statistics.in, statistics.first_windows);
  return std::make_shared<const InputStatistics>(std::move(statistics));
}

}  // namespace nf
