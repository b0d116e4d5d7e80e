#include "core/checkpoint/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/io/lfs_pointer.h"
#include "core/io/read_json.h"

namespace nf {
namespace {

constexpr Index kLengthBytes = 8;
/// The limit of the reference implementation, which keeps a broken length from becoming a huge
/// allocation.
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

/// The tensors of one header; `name` of the file opens every message.
class HeaderReader {
 public:
  explicit HeaderReader(const MappedFile& file)
      : bytes_(file.bytes()), size_(file.size()), file_(file.path().string()) {}

  std::vector<TensorInfo> read() {
    const SortedJson header = parse_sorted_json(text(), file_, kLengthBytes);
    if (!header.is_object())
      throw DataError(fmt::format("{}: the header is not a JSON object but of type {}", file_,
                                  header.type_name()));
    std::vector<TensorInfo> tensors;
    for (const auto& [name, value] : header.items())
      if (name != "__metadata__") tensors.push_back(read_tensor(name, value));
    check_layout(tensors);
    return tensors;  // a sorted object gives sorted names
  }

 private:
  /// Checks the length in front and sets data_begin_.
  std::string_view text() {
    if (size_ < kLengthBytes)
      throw DataError(
          fmt::format("{}: truncated: {} bytes, a safetensors file begins with {} of header length",
                      file_, size_, kLengthBytes));
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), sizeof length);
    if (length > kMaxHeaderBytes)
      throw DataError(
          fmt::format("{}: header length {} is above the format's limit of {}; is this a "
                      "safetensors file?",
                      file_, length, kMaxHeaderBytes));
    const Index header_bytes = static_cast<Index>(length);
    if (header_bytes > size_ - kLengthBytes)
      throw DataError(fmt::format("{}: truncated: the header has {} bytes, only {} are there",
                                  file_, header_bytes, size_ - kLengthBytes));
    data_begin_ = kLengthBytes + header_bytes;
    return {reinterpret_cast<const char*>(bytes_.data()) + kLengthBytes,
            static_cast<std::size_t>(header_bytes)};
  }

  [[noreturn]] void fail(std::string_view tensor, const std::string& cause) const {
    throw DataError(fmt::format("{}: tensor '{}': {}", file_, printable(tensor), cause));
  }

  const SortedJson& field(const std::string& name, const SortedJson& value, const char* key) const {
    if (!value.is_object())
      fail(name, fmt::format("expected an object with dtype, shape and data_offsets, found {}",
                             printable(dump(value))));
    const auto found = value.find(key);
    if (found == value.end()) fail(name, fmt::format("{} is missing", key));
    return *found;
  }

  static std::string dump(const SortedJson& value) {
    return value.dump(-1, ' ', false, SortedJson::error_handler_t::replace);
  }

  /// nullopt unless `value` is an array of integers in [0, 2^63).
  static std::optional<std::vector<Index>> sizes(const SortedJson& value) {
    if (!value.is_array()) return std::nullopt;
    std::vector<Index> out;
    for (const SortedJson& item : value) {
      if (!item.is_number_unsigned() || item.get<std::uint64_t>() > INT64_MAX) return std::nullopt;
      out.push_back(item.get<Index>());
    }
    return out;
  }

  TensorInfo read_tensor(const std::string& name, const SortedJson& value) const {
    TensorInfo tensor;
    tensor.name = name;

    const SortedJson& dtype = field(name, value, "dtype");
    if (!dtype.is_string())
      fail(name, fmt::format("dtype is {}, expected a name", printable(dump(dtype))));
    const std::string& dtype_text = dtype.get_ref<const std::string&>();
    const std::optional<Dtype> known = dtype_from_name(dtype_text);
    if (!known)
      fail(name, fmt::format("unknown dtype '{}'{}", printable(dtype_text),
                             suggestion(printable(dtype_text), dtype_names())));
    tensor.dtype = *known;

    const SortedJson& shape = field(name, value, "shape");
    const auto shape_sizes = sizes(shape);
    if (!shape_sizes)
      fail(name, fmt::format("shape is {}, expected an array of non-negative integers",
                             printable(dump(shape))));
    tensor.shape = *shape_sizes;
    // A tensor without elements has sizes too, and one row of it must be countable.
    Index wanted = dtype_bytes(tensor.dtype);
    bool empty = false;
    for (const Index size : tensor.shape) {
      empty = empty || size == 0;
      if (size > 0 && __builtin_mul_overflow(wanted, size, &wanted))
        fail(name, fmt::format("shape {} of {} has more bytes than 64 bits can count",
                               printable(tensor.shape_text()), dtype_text));
    }
    if (empty) wanted = 0;

    const SortedJson& offsets = field(name, value, "data_offsets");
    const auto range = sizes(offsets);
    if (!range || range->size() != 2 || (*range)[0] > (*range)[1])
      fail(name, fmt::format("data_offsets is {}, expected [begin, end] with 0 <= begin <= end",
                             printable(dump(offsets))));
    tensor.begin = (*range)[0];
    tensor.bytes = (*range)[1] - (*range)[0];
    if (tensor.bytes != wanted)
      fail(name, fmt::format("data_offsets [{}, {}] hold {} bytes, shape {} of {} needs {}",
                             (*range)[0], (*range)[1], tensor.bytes, printable(tensor.shape_text()),
                             dtype_text, wanted));
    return tensor;
  }

  /// The tensors, by offset, must fill the data exactly. Turns offsets in the data into offsets in
  /// the file.
  void check_layout(std::vector<TensorInfo>& tensors) const {
    std::vector<TensorInfo*> order;
    order.reserve(tensors.size());
    for (TensorInfo& tensor : tensors) order.push_back(&tensor);
    std::sort(order.begin(), order.end(), [](const TensorInfo* a, const TensorInfo* b) {
      return std::tie(a->begin, a->bytes, a->name) < std::tie(b->begin, b->bytes, b->name);
    });
    const Index data_bytes = size_ - data_begin_;
    Index filled = 0;
    for (TensorInfo* tensor : order) {
      const Index end = tensor->begin + tensor->bytes;
      const std::string range = fmt::format("data_offsets [{}, {}]", tensor->begin, end);
      if (end > data_bytes)
        fail(tensor->name, fmt::format("{} end beyond the {} bytes of data in the file; is the "
                                       "file truncated?",
                                       range, data_bytes));
      if (tensor->begin < filled)
        fail(tensor->name,
             fmt::format("{} overlap the tensor before, which ends at {}", range, filled));
      if (tensor->begin > filled)
        fail(tensor->name,
             fmt::format("{} leave a hole: the tensors before end at {}", range, filled));
      filled = end;
      tensor->begin += data_begin_;
    }
    if (filled != data_bytes)
      throw DataError(fmt::format(
          "{}: the tensors end at byte {}, the file at {}{}", file_, data_begin_ + filled, size_,
          order.empty() ? ""
                        : fmt::format("; the last one is '{}'", printable(order.back()->name))));
  }

  std::span<const std::byte> bytes_;
  Index size_;
  std::string file_;
  Index data_begin_ = 0;
};

}  // namespace

WeightFile open_safetensors(const std::filesystem::path& path) {
  MappedFile file(path);
  refuse_lfs_pointer({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()},
                     path.string());
  std::vector<TensorInfo> tensors = HeaderReader(file).read();
  return {std::move(file), std::move(tensors)};
}

}  // namespace nf
