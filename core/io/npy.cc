#include "core/io/npy.h"

#include <fmt/ranges.h>

#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "core/base/printable.h"
#include "core/io/mapped_file.h"

namespace nf {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct NpyHeader {
  std::optional<std::string> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<Index>> shape;
};

/// The header: a Python dictionary with exactly the keys descr, fortran_order and shape.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, Index offset, const std::string& file)
      : text_(text), offset_(offset), file_(file) {}

  NpyHeader parse() {
    NpyHeader header;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !header.descr) {
        header.descr = string();
      } else if (key == "fortran_order" && !header.fortran_order) {
        header.fortran_order = boolean();
      } else if (key == "shape" && !header.shape) {
        header.shape = tuple();
      } else {
        fail(fmt::format("unexpected or repeated key '{}'", printable(key)));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) fail("expected the end of the header");
    if (!header.descr || !header.fortran_order || !header.shape)
      fail("one of descr, fortran_order, shape is missing");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& cause) const {
    throw DataError(
        fmt::format("{}: byte {}: {}", file_, offset_ + static_cast<Index>(at_), cause));
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(fmt::format("expected '{}' in the header", c));
  }
  std::string string() {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') fail("expected a string in the header");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a string without its end in the header");
    std::string out(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return out;
  }
  bool boolean() {
    skip_space();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return word == "True";
    }
    fail("expected True or False in the header");
  }
  std::vector<Index> tuple() {
    std::vector<Index> out;
    expect('(');
    while (!accept(')')) {
      out.push_back(integer());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return out;
  }
  Index integer() {
    skip_space();
    const std::size_t begin = at_;
    Index value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, text_[at_] - '0', &value))
        fail("a size above 2^63 in the header");
    if (at_ == begin) fail("expected a non-negative integer in the header");
    return value;
  }

  std::string_view text_;
  Index offset_;
  const std::string& file_;
  std::size_t at_ = 0;
};

/// A header and where the values begin.
struct NpyFile {
  NpyHeader header;
  Index data_begin = 0;
};

NpyFile read_header(const MappedFile& file, const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()),
                              file.bytes().size());
  const std::size_t fixed = kMagic.size() + 2;
  if (!text.starts_with(kMagic)) throw DataError(fmt::format("{}: not an .npy file", name));
  const int version = text.size() < fixed ? 0 : static_cast<unsigned char>(text[kMagic.size()]);
  if (version != 1 && version != 2)
    throw DataError(fmt::format("{}: .npy version {}, expected 1 or 2", name, version));
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  const std::size_t begin = fixed + length_bytes;
  if (text.size() < begin) throw DataError(fmt::format("{}: truncated header", name));
  std::uint32_t length = 0;
  std::memcpy(&length, text.data() + fixed, length_bytes);
  if (length > text.size() - begin)
    throw DataError(fmt::format("{}: truncated: the header has {} bytes, only {} are there", name,
                                length, text.size() - begin));
  NpyFile out;
  out.header = HeaderParser(text.substr(begin, length), static_cast<Index>(begin), name).parse();
  out.data_begin = static_cast<Index>(begin) + Index{length};
  return out;
}

template <class T>
void append_values(const std::byte* source, Index count, const std::string& name,
                   std::vector<std::int32_t>& out) {
  out.resize(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, source + i * static_cast<Index>(sizeof value), sizeof value);
    const auto narrow = static_cast<std::int32_t>(value);
    if (narrow != value)
      throw DataError(fmt::format("{}: value {} at index {} does not fit 32 bits", name, value, i));
    out[static_cast<std::size_t>(i)] = narrow;
  }
}

}  // namespace

NpyInts read_npy_ints(const std::filesystem::path& path) {
  const MappedFile file(path);
  const std::string name = path.string();
  const NpyFile npy = read_header(file, name);
  const std::vector<Index>& shape = *npy.header.shape;
  const std::string shape_text = fmt::format("({})", fmt::join(shape, ", "));
  const bool wide = *npy.header.descr == "<i8";
  if (!wide && *npy.header.descr != "<i4")
    throw DataError(fmt::format("{}: dtype '{}', expected '<i4' (int32) or '<i8' (int64)", name,
                                printable(*npy.header.descr)));
  if (*npy.header.fortran_order)
    throw DataError(fmt::format(
        "{}: Fortran order is not read; save it with numpy.ascontiguousarray(...)", name));
  if (shape.empty() || shape.size() > 2)
    throw DataError(fmt::format("{}: shape {} has {} dimensions, expected 1 or 2", name,
                                printable(shape_text), shape.size()));
  Index wanted = wide ? 8 : 4;
  for (const Index size : shape)
    if (__builtin_mul_overflow(wanted, size, &wanted))
      throw DataError(
          fmt::format("{}: shape {} has more bytes than 64 bits can count", name, shape_text));
  const Index found = file.size() - npy.data_begin;
  if (found != wanted)
    throw DataError(fmt::format("{}: shape {} of '{}' needs {} bytes, the file holds {}", name,
                                shape_text, *npy.header.descr, wanted, found));
  NpyInts out;
  out.shape = shape;
  const std::byte* const source = file.bytes().data() + npy.data_begin;
  if (wide) {
    append_values<std::int64_t>(source, wanted / 8, name, out.values);
  } else {
    append_values<std::int32_t>(source, wanted / 4, name, out.values);
  }
  return out;
}

NpyF32Writer::NpyF32Writer(const std::filesystem::path& path, const std::vector<Index>& shape)
    : file_(path), missing_(1) {
  for (const Index size : shape)
    NF_CHECK(size >= 0 && !__builtin_mul_overflow(missing_, size, &missing_), "shape ({})",
             fmt::join(shape, ", "));
  // NumPy writes a comma after the only size of a tuple and pads the header so that values begin at
  // a multiple of 64 bytes.
  std::string dictionary =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}",
                  fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  const std::size_t fixed = kMagic.size() + 4;
  const std::size_t whole = (fixed + dictionary.size() + 1 + 63) / 64 * 64;
  dictionary.resize(whole - fixed - 1, ' ');
  dictionary += '\n';
  NF_CHECK(dictionary.size() <= std::numeric_limits<std::uint16_t>::max(), "{} dimensions",
           shape.size());
  const auto length = static_cast<std::uint16_t>(dictionary.size());
  std::string header(kMagic);
  header += {'\x01', '\x00', static_cast<char>(length & 0xff), static_cast<char>(length >> 8)};
  header += dictionary;
  file_.write(std::as_bytes(std::span(header)));
}

void NpyF32Writer::append(std::span<const float> values) {
  NF_CHECK(static_cast<Index>(values.size()) <= missing_, "{} values more than the shape holds",
           static_cast<Index>(values.size()) - missing_);
  file_.write(std::as_bytes(values));
  missing_ -= static_cast<Index>(values.size());
}

void NpyF32Writer::close() {
  NF_CHECK(missing_ == 0, "{} values are missing", missing_);
  file_.commit();
}

}  // namespace nf
