#include "core/io/matrix_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>

#include "core/base/check.h"

namespace nf {
namespace {

/// A unit with more distinct values is kept as it is.
constexpr std::size_t kMostDistinct = 4096;
/// Units that are looked at to choose a form.
constexpr Index kLooks = 64;

enum class Along : std::uint8_t { row, column };

/// The way in which a matrix is cut into units. The last run of a row or column may be shorter.
struct Cut {
  Along along = Along::row;
  Index run = 0;

  /// Lines (rows or columns) of a matrix, and values in each.
  Index lines(ConstMatrixView x) const { return along == Along::row ? x.rows() : x.cols(); }
  Index length(ConstMatrixView x) const { return along == Along::row ? x.cols() : x.rows(); }
  Index runs(ConstMatrixView x) const { return (length(x) + run - 1) / run; }
  Index units(ConstMatrixView x) const { return lines(x) * runs(x); }

  /// Calls use(i, value) for the values of a unit, which may be changed where x may be.
  template <class View, class Use>
  void each(View x, Index unit, Use use) const {
    const Index line = unit / runs(x), first = unit % runs(x) * run;
    const Index count = std::min(run, length(x) - first);
    for (Index i = 0; i < count; ++i)
      along == Along::row ? use(i, x(line, first + i)) : use(i, x(first + i, line));
  }
  Index count(ConstMatrixView x, Index unit) const {
    return std::min(run, length(x) - unit % runs(x) * run);
  }
};

/// The distinct values of a unit by their bits, ascending.
using Palette = std::vector<std::uint32_t>;

Palette palette_of(ConstMatrixView x, const Cut& cut, Index unit) {
  Palette palette;
  cut.each(x, unit,
           [&](Index, float value) { palette.push_back(std::bit_cast<std::uint32_t>(value)); });
  std::sort(palette.begin(), palette.end());
  palette.erase(std::unique(palette.begin(), palette.end()), palette.end());
  return palette;
}

/// Bits that tell one of `count` values.
int index_bits(std::size_t count) {
  return count <= 1 ? 0 : static_cast<int>(std::bit_width(count - 1));
}

std::size_t packed_bytes(Index values, std::size_t distinct) {
  return (static_cast<std::size_t>(values) * static_cast<std::size_t>(index_bits(distinct)) + 7) /
         8;
}

/// Bytes of a unit behind its count; none: it is smaller as it is.
std::optional<std::size_t> palette_bytes(Index values, std::size_t distinct) {
  if (distinct > kMostDistinct) return std::nullopt;
  const std::size_t bytes = sizeof(float) * distinct + packed_bytes(values, distinct);
  if (bytes >= sizeof(float) * static_cast<std::size_t>(values)) return std::nullopt;
  return bytes;
}

/// Bytes of the whole matrix, about: of some units, spread over all of it.
double estimated_bytes(ConstMatrixView x, const Cut& cut) {
  const Index units = cut.units(x), looks = std::min(kLooks, units);
  double bytes = 0.0, values = 0.0;
  for (Index i = 0; i < looks; ++i) {
    const Index unit = i * units / looks, count = cut.count(x, unit);
    const auto raw = sizeof(float) * static_cast<std::size_t>(count);
    bytes +=
        sizeof(std::uint16_t) +
        static_cast<double>(palette_bytes(count, palette_of(x, cut, unit).size()).value_or(raw));
    values += static_cast<double>(count);
  }
  return bytes / values * static_cast<double>(x.size());
}

/// The best cut; none: the values as they are.
std::optional<Cut> choose_cut(ConstMatrixView x) {
  std::optional<Cut> best;
  double least = sizeof(float) * static_cast<double>(x.size());
  for (const Along along : {Along::row, Along::column}) {
    const Index length = along == Along::row ? x.cols() : x.rows();
    std::vector<Index> runs = {length};
    for (Index run = 16; run < length && run <= 1024; run *= 2) runs.push_back(run);
    for (const Index run : runs) {
      const Cut cut{along, run};
      if (const double bytes = estimated_bytes(x, cut); bytes < least) {
        least = bytes;
        best = cut;
      }
    }
  }
  return best;
}

class Writer {
 public:
  template <class T>
  void number(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes.push_back(static_cast<std::byte>(value & 0xff));
      value = static_cast<T>(value >> (sizeof(T) > 1 ? 8 : 0));
    }
  }
  void bits(std::uint32_t value, int count) {
    held_ |= static_cast<std::uint64_t>(value) << held_bits_;
    for (held_bits_ += count; held_bits_ >= 8; held_bits_ -= 8) next_byte();
  }
  void end_bits() {
    if (held_bits_ > 0) next_byte();
    held_bits_ = 0;
    held_ = 0;
  }

  std::vector<std::byte> bytes;

 private:
  void next_byte() {
    bytes.push_back(static_cast<std::byte>(held_ & 0xff));
    held_ >>= 8;
  }

  std::uint64_t held_ = 0;
  int held_bits_ = 0;
};

void encode_unit(ConstMatrixView x, const Cut& cut, Index unit, Writer& out) {
  const Palette palette = palette_of(x, cut, unit);
  if (!palette_bytes(cut.count(x, unit), palette.size())) {
    out.number(std::uint16_t{0});
    cut.each(x, unit, [&](Index, float value) { out.number(std::bit_cast<std::uint32_t>(value)); });
    return;
  }
  out.number(static_cast<std::uint16_t>(palette.size()));
  for (const std::uint32_t value : palette) out.number(value);
  const int bits = index_bits(palette.size());
  cut.each(x, unit, [&](Index, float value) {
    const auto place =
        std::lower_bound(palette.begin(), palette.end(), std::bit_cast<std::uint32_t>(value));
    out.bits(static_cast<std::uint32_t>(place - palette.begin()), bits);
  });
  out.end_bits();
}

void decode_unit(ByteCursor& bytes, const Cut& cut, Index unit, MatrixView x) {
  const auto distinct = static_cast<std::size_t>(bytes.number<std::uint16_t>());
  if (distinct == 0) {
    cut.each(x, unit, [&](Index, float& value) {
      value = std::bit_cast<float>(bytes.number<std::uint32_t>());
    });
    return;
  }
  Palette palette(distinct);
  for (std::uint32_t& value : palette) value = bytes.number<std::uint32_t>();
  const int bits = index_bits(distinct);
  const std::string_view packed =
      bytes.text(static_cast<Index>(packed_bytes(cut.count(x, unit), distinct)));
  std::uint64_t held = 0;
  int held_bits = 0;
  std::size_t next = 0;
  cut.each(x, unit, [&](Index, float& value) {
    for (; held_bits < bits; held_bits += 8)
      held |= static_cast<std::uint64_t>(static_cast<unsigned char>(packed[next++])) << held_bits;
    const std::uint64_t index = held & ((std::uint64_t{1} << bits) - 1);
    held >>= bits;
    held_bits -= bits;
    if (index >= distinct) bytes.fail(fmt::format("value {} of {}", index, distinct));
    value = std::bit_cast<float>(palette[static_cast<std::size_t>(index)]);
  });
}

constexpr std::uint8_t kAsItIs = 0, kPalettes = 1;

}  // namespace

std::vector<std::byte> encode_matrix(ConstMatrixView x) {
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c)
      NF_CHECK(!std::isnan(x(r, c)), "NaN at [{}, {}] of a matrix to be kept", r, c);
  Writer out;
  if (const std::optional<Cut> cut = x.empty() ? std::nullopt : choose_cut(x)) {
    out.number(kPalettes);
    out.number(static_cast<std::uint8_t>(cut->along));
    out.number(static_cast<std::uint64_t>(cut->run));
    for (Index unit = 0; unit < cut->units(x); ++unit) encode_unit(x, *cut, unit, out);
    if (out.bytes.size() < sizeof(float) * static_cast<std::size_t>(x.size())) return out.bytes;
    out.bytes.clear();
  }
  out.bytes.reserve(sizeof(float) * static_cast<std::size_t>(x.size()) + 1);
  out.number(kAsItIs);
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c) out.number(std::bit_cast<std::uint32_t>(x(r, c)));
  return out.bytes;
}

void decode_matrix(ByteCursor& bytes, MatrixView x) {
  const auto form = bytes.number<std::uint8_t>();
  if (form == kAsItIs) {
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c)
        x(r, c) = std::bit_cast<float>(bytes.number<std::uint32_t>());
    return;
  }
  const auto along = bytes.number<std::uint8_t>();
  const Cut cut{.along = static_cast<Along>(along),
                .run = static_cast<Index>(bytes.number<std::uint64_t>())};
  if (form != kPalettes || along > 1 || cut.run < 1 || cut.run > cut.length(x))
    bytes.fail(fmt::format("no matrix of [{}, {}]", x.rows(), x.cols()));
  for (Index unit = 0; unit < cut.units(x); ++unit) decode_unit(bytes, cut, unit, x);
}

}  // namespace nf
