#include "eval/metrics/kl_histogram.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numeric>

namespace nf {
namespace {

/// 2^(j/32), the nearest doubles: a logarithm would differ between machines at the edges.
constexpr double kEdges[kKlBinsOfAnOctave] = {1.0,
                                              1.0218971486541166,
                                              1.0442737824274138,
                                              1.0671404006768237,
                                              1.0905077326652577,
                                              1.1143867425958924,
                                              1.1387886347566916,
                                              1.1637248587775775,
                                              1.189207115002721,
                                              1.215247359980469,
                                              1.241857812073484,
                                              1.2690509571917332,
                                              1.2968395546510096,
                                              1.3252366431597413,
                                              1.3542555469368927,
                                              1.383909881963832,
                                              1.4142135623730951,
                                              1.4451808069770467,
                                              1.4768261459394993,
                                              1.5091644275934228,
                                              1.5422108254079407,
                                              1.5759808451078865,
                                              1.6104903319492543,
                                              1.645755478153965,
                                              1.681792830507429,
                                              1.718619298122478,
                                              1.7562521603732995,
                                              1.7947090750031072,
                                              1.8340080864093424,
                                              1.8741676341103,
                                              1.9152065613971474,
                                              1.9571441241754002};

/// Place 0 of the counts is the bin below the first.
constexpr Index kBinOfPlace0 = kFirstKlBin - 1;
constexpr Index kPlaces =
    kKlBinsOfAnOctave * std::numeric_limits<double>::max_exponent - kBinOfPlace0;
/// Counts of records are not greater.
constexpr Index kMostValues = Index{1} << 48;

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr int kBitsOfLetter = 6;
constexpr int kBitsOfOrder = 4;

int bits_of(Index value) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
}

/// Length of the exponential Golomb code of that order, in bits.
int golomb_bits(Index value, int order) { return 2 * bits_of((value >> order) + 1) - 1 + order; }

class BitWriter {
 public:
  void bits(Index value, int count) {
    for (int bit = count - 1; bit >= 0; --bit) push((value >> bit) & 1);
  }
  void golomb(Index value, int order) {
    const Index high = (value >> order) + 1;
    bits(0, bits_of(high) - 1);
    bits(high, bits_of(high));
    bits(value, order);
  }
  /// The last letter is filled up with zeros.
  std::string text() {
    while (filled_ > 0) push(0);
    return text_;
  }

 private:
  void push(Index bit) {
    letter_ = letter_ * 2 + static_cast<std::size_t>(bit);
    if (++filled_ < kBitsOfLetter) return;
    text_ += kLetters[letter_];
    letter_ = 0;
    filled_ = 0;
  }

  std::string text_;
  std::size_t letter_ = 0;
  int filled_ = 0;
};

/// The number that a letter stands for; -1 of any other character.
int letter_of(char c) {
  static constexpr std::array<std::int8_t, 256> kNumbers = [] {
    std::array<std::int8_t, 256> numbers{};
    for (std::int8_t& number : numbers) number = -1;
    for (std::size_t i = 0; i < kLetters.size(); ++i)
      numbers[static_cast<unsigned char>(kLetters[i])] = static_cast<std::int8_t>(i);
    return numbers;
  }();
  return kNumbers[static_cast<unsigned char>(c)];
}

/// Reads what BitWriter wrote; what does not fit makes it fail() for good.
class BitReader {
 public:
  explicit BitReader(std::string_view text)
      : text_(text), left_(static_cast<Index>(text.size()) * kBitsOfLetter) {
    const std::size_t last = text.find_last_not_of(kLetters[0]);
    if (last == std::string_view::npos) return;
    const int letter = letter_of(text[last]);
    failed_ = letter < 0;
    zeros_at_end_ = static_cast<Index>(text.size() - 1 - last) * kBitsOfLetter +
                    std::countr_zero(static_cast<unsigned>(letter));
    has_ones_ = true;
  }

  bool failed() const { return failed_; }
  /// Whether zeros alone are left, fewer than a letter: every code has a one.
  bool at_end() const { return failed_ || !has_ones_ || left_ <= zeros_at_end_; }
  bool is_filled_up() const { return left_ < kBitsOfLetter; }
  /// count: up to 48.
  Index bits(int count) {
    fill();
    if (left_ < count) failed_ = true;
    if (failed_ || count == 0) return 0;
    const auto value = static_cast<Index>(word_ >> (kBitsOfWord - count));
    drop(count);
    return value;
  }
  Index golomb(int order) {
    fill();
    const int zeros = std::countl_zero(word_);
    if (const int length = 2 * zeros + 1 + order; length <= std::min(in_word_, kMostBits)) {
      // The whole code as one number: what is above its order is counted from 1.
      const auto code = static_cast<Index>(word_ >> (kBitsOfWord - length));
      drop(length);
      return code - (Index{1} << order);
    }
    if (zeros + order > kMostBits || left_ <= zeros) {
      failed_ = true;
      return 0;
    }
    drop(zeros);
    const Index high = bits(zeros + 1);
    return ((high - 1) << order) + bits(order);
  }

 private:
  static constexpr int kBitsOfWord = 64, kMostBits = 48;

  /// Brings at least kMostBits into word_, as far as there are so many.
  void fill() {
    if (in_word_ >= kMostBits) return;
    while (in_word_ <= kBitsOfWord - kBitsOfLetter && at_ < text_.size()) {
      const int letter = letter_of(text_[at_++]);
      failed_ = failed_ || letter < 0;
      in_word_ += kBitsOfLetter;
      word_ |= static_cast<std::uint64_t>(std::max(0, letter)) << (kBitsOfWord - in_word_);
    }
  }
  void drop(int count) {
    word_ <<= count;
    in_word_ -= count;
    left_ -= count;
  }

  std::string_view text_;
  std::size_t at_ = 0;      ///< of the next letter
  std::uint64_t word_ = 0;  ///< the next bits, the first at the top
  int in_word_ = 0;         ///< bits in word_
  Index left_;              ///< bits that were not read
  Index zeros_at_end_ = 0;  ///< behind the last one
  bool has_ones_ = false, failed_ = false;
};

/// Calls use(place, count) for each bin that holds something, in a text of packed(); false: it is
/// none, and what was told is worth nothing.
template <typename Use>
bool for_each_packed(std::string_view text, const Use& use) {
  BitReader reader(text);
  const int order = static_cast<int>(reader.bits(kBitsOfOrder));
  Index next = 0, values = 0;
  while (!reader.at_end()) {
    const Index gap = reader.golomb(order), count = reader.golomb(0) + 1;
    if (reader.failed() || gap >= kPlaces - next || count > kMostValues - values) return false;
    use(next + gap, count);
    next += gap + 1;
    values += count;
  }
  return !reader.failed() && reader.is_filled_up();
}

/// The bins that hold something: distances to the one before and counts, both less 1.
struct Steps {
  std::vector<Index> gaps, counts;

  explicit Steps(const std::vector<Index>& places) {
    Index next = 0;
    for (Index place = 0; place < std::ssize(places); ++place) {
      const Index count = places[static_cast<std::size_t>(place)];
      if (count == 0) continue;
      gaps.push_back(place - next);
      counts.push_back(count - 1);
      next = place + 1;
    }
  }
  /// The order in which the gaps take the fewest bits.
  int best_order() const {
    int best = 0;
    Index fewest = std::numeric_limits<Index>::max();
    for (int order = 0; order < (1 << kBitsOfOrder); ++order) {
      Index bits = 0;
      for (const Index gap : gaps) bits += golomb_bits(gap, order);
      if (bits < fewest) best = order;
      fewest = std::min(fewest, bits);
    }
    return best;
  }
};

}  // namespace

Index kl_bin(double kl) {
  if (!(kl >= std::ldexp(1.0, static_cast<int>(kFirstKlBin / kKlBinsOfAnOctave))))
    return kBinOfPlace0;
  int exponent = 0;
  // Of half open [1/2, 1), so that doubling it, exactly, gives the place in an octave.
  const double mantissa =
      2.0 * std::frexp(std::min(kl, std::numeric_limits<double>::max()), &exponent);
  const auto above = std::upper_bound(std::begin(kEdges), std::end(kEdges), mantissa);
  return kKlBinsOfAnOctave * (exponent - 1) + (above - std::begin(kEdges)) - 1;
}

double kl_bin_edge(Index bin) {
  const Index octave = (bin - kFirstKlBin) / kKlBinsOfAnOctave;
  const Index within = (bin - kFirstKlBin) % kKlBinsOfAnOctave;
  return std::ldexp(kEdges[within], static_cast<int>(octave + kFirstKlBin / kKlBinsOfAnOctave));
}

void KlHistogram::add_at(Index place, Index count) {
  const auto at = static_cast<std::size_t>(place);
  if (counts_.size() <= at) counts_.resize(at + 1);
  counts_[at] += count;
}

void KlHistogram::add(double kl) { add_at(kl_bin(kl) - kBinOfPlace0, 1); }

void KlHistogram::add(const KlHistogram& more) {
  for (Index place = 0; place < std::ssize(more.counts_); ++place)
    if (const Index count = more.counts_[static_cast<std::size_t>(place)]; count > 0)
      add_at(place, count);
}

Index KlHistogram::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), Index{0});
}

double KlHistogram::quantile(Index per_mille) const {
  constexpr Index kWhole = 1000;
  const Index n = count();
  if (n == 0) return std::numeric_limits<double>::quiet_NaN();
  // ⌈p·n⌉ without p·n, which overflows late and is exact so.
  return value_at(n / kWhole * per_mille + (n % kWhole * per_mille + kWhole - 1) / kWhole);
}

double KlHistogram::value_at(Index rank) const {
  Index seen = 0, place = 0;
  while ((seen += counts_[static_cast<std::size_t>(place)]) < rank) ++place;
  if (place == 0) return 0.0;
  const Index bin = kBinOfPlace0 + place;
  return std::sqrt(kl_bin_edge(bin)) * std::sqrt(kl_bin_edge(bin + 1));
}

Index KlHistogram::count_up_to(double kl) const {
  const Index end = std::min(kl_bin(kl) - kBinOfPlace0 + 1, std::ssize(counts_));
  return std::accumulate(counts_.begin(), counts_.begin() + end, Index{0});
}

std::string KlHistogram::packed() const {
  const Steps steps(counts_);
  const int order = steps.best_order();
  BitWriter writer;
  writer.bits(order, kBitsOfOrder);
  for (std::size_t i = 0; i < steps.gaps.size(); ++i) {
    writer.golomb(steps.gaps[i], order);
    writer.golomb(steps.counts[i], 0);
  }
  return writer.text();
}

std::optional<KlHistogram> KlHistogram::unpacked(std::string_view text) {
  KlHistogram histogram;
  if (!histogram.add_packed(text)) return std::nullopt;
  return histogram;
}

std::optional<Index> KlHistogram::packed_count(std::string_view text) {
  Index values = 0;
  if (!for_each_packed(text, [&values](Index, Index count) { values += count; }))
    return std::nullopt;
  return values;
}

bool KlHistogram::add_packed(std::string_view text) {
  const std::size_t size = counts_.size();
  if (for_each_packed(text, [this](Index place, Index count) { add_at(place, count); }))
    return true;
  // Seldom enough that what was added before the fault is told once more.
  for_each_packed(text, [this](Index place, Index count) { add_at(place, -count); });
  counts_.resize(size);
  return false;
}

}  // namespace nf
