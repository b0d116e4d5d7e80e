#include "core/checkpoint/torch_state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/utf8.h"

namespace nf {
namespace {

using Kind = PickleValue::Kind;

/// torch's own limit.
constexpr std::size_t kMaxDimensions = 64;
/// The product of the sizes, which expand() makes larger than the storage; the bytes must be
/// countable.
constexpr Index kMaxElements = Index{1} << 56;

constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
/// Types without a storage class of their own (8-bit floats): the type is an argument.
constexpr std::string_view kRebuildTyped = "torch._utils._rebuild_tensor_v3";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view kRebuildStatefulParameter = "torch._utils._rebuild_parameter_with_state";
constexpr std::string_view kSize = "torch.Size";
constexpr std::string_view kUntypedStorage = "torch.storage.UntypedStorage";

/// A storage class or a dtype object, and what its elements are.
struct TypeName {
  std::string_view name;
  Dtype dtype;
};
constexpr std::array<TypeName, 11> kStorages{{
    {"torch.FloatStorage", Dtype::f32},
    {"torch.HalfStorage", Dtype::f16},
    {"torch.BFloat16Storage", Dtype::bf16},
    {"torch.DoubleStorage", Dtype::f64},
    {"torch.LongStorage", Dtype::i64},
    {"torch.IntStorage", Dtype::i32},
    {"torch.ShortStorage", Dtype::i16},
    {"torch.CharStorage", Dtype::i8},
    {"torch.ByteStorage", Dtype::u8},
    {"torch.BoolStorage", Dtype::boolean},
    {"torch.ComplexFloatStorage", Dtype::c64},
}};
constexpr std::array<TypeName, 17> kDtypes{{
    {"torch.float32", Dtype::f32},
    {"torch.float16", Dtype::f16},
    {"torch.bfloat16", Dtype::bf16},
    {"torch.float64", Dtype::f64},
    {"torch.int64", Dtype::i64},
    {"torch.int32", Dtype::i32},
    {"torch.int16", Dtype::i16},
    {"torch.int8", Dtype::i8},
    {"torch.uint8", Dtype::u8},
    {"torch.bool", Dtype::boolean},
    {"torch.complex64", Dtype::c64},
    {"torch.uint16", Dtype::u16},
    {"torch.uint32", Dtype::u32},
    {"torch.uint64", Dtype::u64},
    {"torch.float8_e4m3fn", Dtype::f8_e4m3},
    {"torch.float8_e5m2", Dtype::f8_e5m2},
    {"torch.float8_e8m0fnu", Dtype::f8_e8m0},
}};

template <std::size_t N>
std::optional<Dtype> dtype_of(const std::array<TypeName, N>& table, const PickleValue& value) {
  if (value.kind != Kind::global) return std::nullopt;
  for (const TypeName& row : table)
    if (row.name == value.text) return row.dtype;
  return std::nullopt;
}

bool is_call(const PickleValue& value, std::string_view function) {
  return value.kind == Kind::call && value.items[0]->text == function;
}

/// The arguments of a call.
const std::vector<const PickleValue*>& arguments(const PickleValue& call) {
  return call.items[1]->items;
}

/// Turns the pickle's dict into places in the file.
class StateDict {
 public:
  StateDict(const MappedFile& file, const ZipDirectory& directory, std::string_view folder)
      : file_(file.path().string()), directory_(directory), folder_(folder) {}

  std::vector<TensorInfo> read(const PickleValue& root) {
    if (root.kind != Kind::dict)
      throw DataError(fmt::format("{}: holds {}, expected a dict of tensors; {}", file_,
                                  pickle_kind_name(root.kind), kSaveTorchAgain));
    std::vector<std::pair<std::string_view, const PickleValue*>> entries;
    for (std::size_t i = 0; i < root.items.size(); i += 2) {
      const PickleValue& key = *root.items[i];
      if (key.kind != Kind::text || find_invalid_utf8(key.text))
        throw DataError(fmt::format("{}: name {} in the dict of tensors is not a text in UTF-8",
                                    file_, i / 2 + 1));
      entries.emplace_back(key.text, root.items[i + 1]);
    }
    std::sort(entries.begin(), entries.end());
    std::vector<TensorInfo> tensors;
    for (const auto& [name, value] : entries) {
      name_ = name;
      if (!tensors.empty() && tensors.back().name == name) fail("appears twice");
      tensors.push_back(tensor(*value));
    }
    return tensors;
  }

 private:
  [[noreturn]] void fail(const std::string& cause) const {
    throw DataError(fmt::format("{}: tensor '{}': {}", file_, printable(name_), cause));
  }

  struct Storage {
    ZipEntry entry;
    std::optional<Dtype> dtype;  ///< absent when only the tensor knows
    Index bytes = 0;             ///< that the pickle claims
  };

  TensorInfo tensor(const PickleValue& entry) const {
    const PickleValue* value = &entry;
    while ((is_call(*value, kRebuildParameter) || is_call(*value, kRebuildStatefulParameter)) &&
           !arguments(*value).empty())
      value = arguments(*value)[0];
    const bool typed = is_call(*value, kRebuildTyped);
    if (!typed && !is_call(*value, kRebuildTensor))
      fail(fmt::format("is {}, not a tensor; {}", pickle_kind_name(value->kind), kSaveTorchAgain));
    // storage, storage_offset, size, stride, requires_grad, backward_hooks, [dtype], [metadata]
    const std::vector<const PickleValue*>& args = arguments(*value);
    const std::size_t plain = typed ? 7 : 6;
    if (args.size() < plain || args.size() > plain + 1)
      fail(fmt::format("has {} properties, expected {}", args.size(), plain));
    if (args.size() > plain && (args[plain]->kind != Kind::none && !is_empty_dict(*args[plain])))
      fail(fmt::format("has its sign or conjugate still to be applied; {}", kSaveTorchAgain));

    const Storage storage = read_storage(*args[0]);
    const std::optional<Dtype> dtype = typed ? dtype_of(kDtypes, *args[6]) : storage.dtype;
    if (!dtype) fail("has no dtype");
    TensorInfo info;
    info.name = std::string(name_);
    info.dtype = *dtype;
    info.shape = sizes(*args[2], "size");
    info.strides = sizes(*args[3], "stride");
    place(storage, integer(*args[1], "storage offset"), info);
    return info;
  }

  static bool is_empty_dict(const PickleValue& value) {
    return value.kind == Kind::dict && value.items.empty();
  }

  Index integer(const PickleValue& value, std::string_view what) const {
    if (value.kind != Kind::integer || value.integer < 0)
      fail(fmt::format("{} is {}, expected a non-negative integer", what,
                       value.kind == Kind::integer ? std::to_string(value.integer)
                                                   : std::string(pickle_kind_name(value.kind))));
    return value.integer;
  }

  std::vector<Index> sizes(const PickleValue& value, std::string_view what) const {
    const PickleValue* tuple = &value;
    if (is_call(value, kSize) && arguments(value).size() == 1) tuple = arguments(value)[0];
    if (tuple->kind != Kind::tuple)
      fail(fmt::format("{} is {}, expected a tuple", what, pickle_kind_name(tuple->kind)));
    if (tuple->items.size() > kMaxDimensions)
      fail(fmt::format("{} dimensions are more than {}", tuple->items.size(), kMaxDimensions));
    std::vector<Index> out;
    for (const PickleValue* item : tuple->items) out.push_back(integer(*item, what));
    return out;
  }

  /// ('storage', class, key, location, number of elements); the location, "cpu" or "cuda:0", is
  /// where the tensor once was.
  Storage read_storage(const PickleValue& value) const {
    if (value.kind != Kind::persistent)
      fail(fmt::format("its storage is {}", pickle_kind_name(value.kind)));
    const PickleValue& id = *value.items[0];
    if (id.kind != Kind::tuple || id.items.size() != 5 || id.items[0]->kind != Kind::text ||
        id.items[0]->text != "storage" || id.items[2]->kind != Kind::text)
      fail("its storage is not of the form ('storage', class, key, location, size)");
    const std::optional<Dtype> dtype = dtype_of(kStorages, *id.items[1]);
    if (!dtype && (id.items[1]->kind != Kind::global || id.items[1]->text != kUntypedStorage))
      fail("its storage has no known class");
    const std::string key = fmt::format("{}data/{}", folder_, id.items[2]->text);
    const auto found = directory_.find(key);
    if (found == directory_.end()) fail(fmt::format("its storage '{}' is missing", printable(key)));
    Index bytes = integer(*id.items[4], "storage size");
    if (__builtin_mul_overflow(bytes, dtype ? dtype_bytes(*dtype) : 1, &bytes) ||
        bytes > found->second.bytes)
      fail(fmt::format("its storage '{}' has {} bytes, {} elements are announced", printable(key),
                       found->second.bytes, id.items[4]->integer));
    return {found->second, dtype, bytes};
  }

  /// Checks that all elements lie in the storage, and sets where.
  void place(const Storage& storage, Index offset, TensorInfo& info) const {
    if (info.strides.size() != info.shape.size())
      fail(fmt::format("{} sizes but {} strides", info.shape.size(), info.strides.size()));
    const Index element = dtype_bytes(info.dtype);
    const Index capacity = storage.bytes / element;
    const bool empty = std::find(info.shape.begin(), info.shape.end(), 0) != info.shape.end();
    Index count = 1;      // of elements, and the stride that row-major order without gaps has
    Index last = offset;  // the element with the highest place
    bool row_major = true;
    bool inside = offset <= capacity;
    for (std::size_t i = info.shape.size(); inside && i-- > 0;) {
      const Index size = std::max(Index{1}, info.shape[i]);  // one row must be countable anyway
      Index& stride = info.strides[i];
      if (size == 1) stride = count;  // it is never used, and may be anything
      row_major = row_major && stride == count;
      Index reach = 0;
      inside = !__builtin_mul_overflow(size - 1, stride, &reach) &&
               !__builtin_add_overflow(last, reach, &last) &&
               !__builtin_mul_overflow(count, size, &count) && count <= kMaxElements;
    }
    if (!inside || (!empty && last >= capacity))
      fail(fmt::format(
          "shape {} with strides {} from element {} on does not fit into its storage "
          "of {} elements",
          printable(info.shape_text()), printable(shape_text(info.strides)), offset, capacity));
    if (empty || row_major) info.strides.clear();
    info.begin = storage.entry.begin + offset * element;
    info.bytes = empty ? 0 : (last - offset + 1) * element;
  }

  static std::string shape_text(const std::vector<Index>& sizes) {
    TensorInfo info;
    info.shape = sizes;
    return info.shape_text();
  }

  std::string file_;
  const ZipDirectory& directory_;
  std::string_view folder_;  ///< "archive/"
  std::string_view name_;    ///< of the tensor that is being read
};

}  // namespace

std::vector<std::string_view> torch_globals() {
  std::vector<std::string_view> names{
      kRebuildTensor, kRebuildTyped,  kRebuildParameter, kRebuildStatefulParameter,
      kSize,          kUntypedStorage};
  for (const TypeName& row : kStorages) names.push_back(row.name);
  for (const TypeName& row : kDtypes) names.push_back(row.name);
  return names;
}

std::vector<TensorInfo> read_torch_state_dict(const MappedFile& file, const ZipDirectory& directory,
                                              std::string_view folder, const PickleValue& root) {
  return StateDict(file, directory, folder).read(root);
}

}  // namespace nf
