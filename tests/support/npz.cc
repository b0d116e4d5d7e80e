#include "tests/support/npz.h"

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "core/io/read_file.h"

namespace nf {
namespace {

constexpr std::size_t kEndBytes = 22, kEntryBytes = 46, kLocalBytes = 30;
constexpr std::uint32_t kEnd = 0x06054b50, kEntry = 0x02014b50;

template <class T>
T number_at(std::string_view bytes, std::size_t at) {
  T value{};
  if (at + sizeof value > bytes.size()) throw std::runtime_error("npz: cut off");
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}
std::size_t size_at(std::string_view bytes, std::size_t at) {
  return number_at<std::uint32_t>(bytes, at);
}
std::size_t short_at(std::string_view bytes, std::size_t at) {
  return number_at<std::uint16_t>(bytes, at);
}

/// The text between two marks of an .npy header.
std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) throw std::runtime_error("npy: no " + std::string(before));
  const std::size_t first = begin + before.size();
  return std::string(text.substr(first, text.find(after, first) - first));
}

std::vector<Index> parse_shape(const std::string& text) {
  std::vector<Index> shape;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0;
    shape.push_back(std::stoll(text.substr(at), &length));
    at = text.find_first_not_of(", ", at + length);
  }
  return shape;
}

template <class T>
std::vector<double> widened(std::string_view data, std::size_t count) {
  std::vector<double> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(static_cast<double>(number_at<T>(data, i * sizeof(T))));
  return values;
}

}  // namespace

Npz::Npz(const std::filesystem::path& path) : bytes_(read_text_file(path)) {
  if (bytes_.size() < kEndBytes || size_at(bytes_, bytes_.size() - kEndBytes) != kEnd)
    throw std::runtime_error(path.string() + ": no zip archive without a comment");
  const std::size_t end = bytes_.size() - kEndBytes;
  std::size_t at = size_at(bytes_, end + 16);
  for (std::size_t left = short_at(bytes_, end + 10); left > 0; --left) {
    if (size_at(bytes_, at) != kEntry) throw std::runtime_error(path.string() + ": no zip entry");
    const std::size_t name = short_at(bytes_, at + 28);
    files_[bytes_.substr(at + kEntryBytes, name)] = {.begin = size_at(bytes_, at + 42),
                                                     .packed = size_at(bytes_, at + 20),
                                                     .unpacked = size_at(bytes_, at + 24),
                                                     .deflated = short_at(bytes_, at + 10) == 8};
    at += kEntryBytes + name + short_at(bytes_, at + 30) + short_at(bytes_, at + 32);
  }
}

std::string Npz::unpack(const File& file) const {
  const std::size_t begin = file.begin + kLocalBytes + short_at(bytes_, file.begin + 26) +
                            short_at(bytes_, file.begin + 28);
  std::string packed = bytes_.substr(begin, file.packed);
  if (!file.deflated) return packed;
  std::string out(file.unpacked, '\0');
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  inflateInit2(&stream, -MAX_WBITS);  // without a header, as zip archives have it
  const int ended = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (ended != Z_STREAM_END || stream.avail_out != 0) throw std::runtime_error("npz: damaged");
  return out;
}

NpzArray Npz::read(const std::string& name) const {
  const auto file = files_.find(name + ".npy");
  if (file == files_.end()) throw std::runtime_error("npz: no array " + name);
  return parse_npy(unpack(file->second));
}

NpzArray parse_npy(std::string_view bytes) {
  constexpr std::size_t kPrefix = 10;  // of version 1
  const std::size_t length = short_at(bytes, 8);
  const std::string_view header = bytes.substr(kPrefix, length);
  const std::string_view data = bytes.substr(kPrefix + length);
  const std::string type = between(header, "'descr': '", "'");
  NpzArray array{.shape = parse_shape(between(header, "'shape': (", ")")), .values = {}};
  if (between(header, "'fortran_order': ", ",") != "False")
    throw std::runtime_error("npy: not in C order");
  std::size_t count = 1;
  for (const Index size : array.shape) count *= static_cast<std::size_t>(size);
  if (type == "|u1")
    array.values = widened<std::uint8_t>(data, count);
  else if (type == "<i4")
    array.values = widened<std::int32_t>(data, count);
  else if (type == "<f4")
    array.values = widened<float>(data, count);
  else if (type == "<f8")
    array.values = widened<double>(data, count);
  else
    throw std::runtime_error("npy: type " + type);
  return array;
}

}  // namespace nf
