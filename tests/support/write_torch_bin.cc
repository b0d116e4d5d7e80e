#include "tests/support/write_torch_bin.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string_view>

#include "core/base/json.h"
#include "core/checkpoint/pickle_opcodes.h"

namespace nf {
namespace {

/// The lowest byte first.
std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

std::string value_bytes(Dtype dtype, float value) {
  std::uint64_t bits = 0;
  if (dtype == Dtype::f32) {
    std::memcpy(&bits, &value, sizeof value);
  } else if (dtype == Dtype::f64) {
    const double wide = static_cast<double>(value);
    std::memcpy(&bits, &wide, sizeof wide);
  } else if (dtype == Dtype::f16) {
    bits = to_f16_bits(value);
  } else if (dtype == Dtype::bf16) {
    bits = to_bf16_bits(value);
  } else {
    bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  }
  return little(bits, static_cast<int>(dtype_bytes(dtype)));
}

std::string_view storage_class(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return "FloatStorage";
    case Dtype::f16:
      return "HalfStorage";
    case Dtype::bf16:
      return "BFloat16Storage";
    case Dtype::f64:
      return "DoubleStorage";
    case Dtype::i64:
      return "LongStorage";
    case Dtype::u8:
      return "ByteStorage";
    case Dtype::boolean:
      return "BoolStorage";
    default:
      throw std::invalid_argument("no storage class is known for this dtype");
  }
}

/// Python's pickler: every string, tuple, dict and object is remembered when it is written, and
/// what is written again becomes a reference.
class Pickler {
 public:
  explicit Pickler(int protocol) : framed_(protocol >= 4) {}

  std::string finish(int protocol) {
    op(opcode::kStop);
    std::string start{static_cast<char>(opcode::kProto), static_cast<char>(protocol)};
    if (framed_) start += static_cast<char>(opcode::kFrame) + little(out_.size(), 8);
    return start + out_;
  }

  void op(unsigned char opcode) { out_ += static_cast<char>(opcode); }
  void remember() {
    const std::size_t id = remembered_++;
    if (framed_) {
      op(opcode::kMemoize);
    } else {
      op(id < 256 ? opcode::kBinPut : opcode::kLongBinPut);
      out_ += little(id, id < 256 ? 1 : 4);
    }
  }
  /// Whether `key` was written before; then the reference is.
  bool refer(const std::string& key) {
    const auto known = ids_.find(key);
    if (known == ids_.end()) {
      return false;
    }
    op(known->second < 256 ? opcode::kBinGet : opcode::kLongBinGet);
    out_ += little(known->second, known->second < 256 ? 1 : 4);
    return true;
  }
  void remember_as(const std::string& key) {
    ids_[key] = remembered_;
    remember();
  }

  void text(const std::string& value) {
    if (refer("text " + value)) return;
    op(framed_ ? opcode::kShortBinUnicode : opcode::kBinUnicode);
    out_ += little(value.size(), framed_ ? 1 : 4) + value;
    remember_as("text " + value);
  }
  void global(const std::string& module, const std::string& name) {
    const std::string key = "global " + module + "." + name;
    if (refer(key)) return;
    if (framed_) {
      text(module);
      text(name);
      op(opcode::kStackGlobal);
    } else {
      op(opcode::kGlobal);
      out_ += module + "\n" + name + "\n";
    }
    remember_as(key);
  }
  void integer(Index value) {
    if (value >= 0 && value < 256) {
      op(opcode::kBinInt1);
      out_ += little(static_cast<std::uint64_t>(value), 1);
    } else if (value >= 0 && value < 65536) {
      op(opcode::kBinInt2);
      out_ += little(static_cast<std::uint64_t>(value), 2);
    } else if (value >= INT32_MIN && value <= INT32_MAX) {
      op(opcode::kBinInt);
      out_ += little(static_cast<std::uint64_t>(value), 4);
    } else {
      // As few bytes as the sign allows.
      int bytes = 5;
      while (bytes < 8 && (value >> (8 * bytes - 1)) != 0 && (value >> (8 * bytes - 1)) != -1)
        ++bytes;
      op(opcode::kLong1);
      out_ += little(static_cast<std::uint64_t>(bytes), 1) +
              little(static_cast<std::uint64_t>(value), bytes);
    }
  }
  void begin_tuple(std::size_t size) {
    if (size > 3) op(opcode::kMark);
  }
  void end_tuple(std::size_t size) {
    if (size == 0) return op(opcode::kEmptyTuple);
    op(size == 1   ? opcode::kTuple1
       : size == 2 ? opcode::kTuple2
       : size == 3 ? opcode::kTuple3
                   : opcode::kTuple);
    remember();
  }
  void integers(const std::vector<Index>& values) {
    begin_tuple(values.size());
    for (const Index value : values) integer(value);
    end_tuple(values.size());
  }
  void ordered_dict() {
    global("collections", "OrderedDict");
    op(opcode::kEmptyTuple);
    op(opcode::kReduce);
    remember();
  }
  /// Calls write(i), which writes a key and its value, for all items, 1000 at a time.
  template <class Write>
  void items(std::size_t count, const Write& write) {
    constexpr std::size_t kBatch = 1000;
    for (std::size_t begin = 0; begin < count; begin += kBatch) {
      const std::size_t end = std::min(count, begin + kBatch);
      if (end - begin > 1) op(opcode::kMark);
      for (std::size_t i = begin; i < end; ++i) write(i);
      op(end - begin > 1 ? opcode::kSetItems : opcode::kSetItem);
    }
  }

 private:
  bool framed_;
  std::string out_;
  std::size_t remembered_ = 0;
  std::map<std::string, std::size_t> ids_;
};

void pickle_tensor(Pickler& pickler, const TorchFile& file, const TorchView& view) {
  if (view.parameter) pickler.global("torch._utils", "_rebuild_parameter");
  pickler.global("torch._utils", "_rebuild_tensor_v2");
  pickler.begin_tuple(6);
  pickler.begin_tuple(5);
  pickler.text("storage");
  pickler.global("torch", std::string(storage_class(view.dtype)));
  pickler.text(std::to_string(view.storage));
  pickler.text("cpu");
  pickler.integer(static_cast<Index>(file.storages[view.storage].size()) / dtype_bytes(view.dtype));
  pickler.end_tuple(5);
  pickler.op(opcode::kBinPersId);
  pickler.integer(view.offset);
  pickler.integers(view.shape);
  pickler.integers(view.strides);
  pickler.op(opcode::kNewFalse);
  pickler.ordered_dict();
  pickler.end_tuple(6);
  pickler.op(opcode::kReduce);
  pickler.remember();
  if (!view.parameter) return;
  pickler.op(opcode::kNewTrue);
  pickler.ordered_dict();
  pickler.end_tuple(3);
  pickler.op(opcode::kReduce);
  pickler.remember();
}

/// {"_metadata": OrderedDict("" : {"version": 1})}
void pickle_metadata(Pickler& pickler) {
  pickler.op(opcode::kEmptyDict);
  pickler.remember();
  pickler.text("_metadata");
  pickler.ordered_dict();
  pickler.text("");
  pickler.op(opcode::kEmptyDict);
  pickler.remember();
  pickler.text("version");
  pickler.integer(1);
  for (int dict = 0; dict < 3; ++dict) pickler.op(opcode::kSetItem);
  pickler.op(opcode::kBuild);
}

class ZipWriter {
 public:
  ZipWriter(const std::filesystem::path& path, bool force64)
      : limit_(force64 ? 0 : 0xffffffff), out_(path, std::ios::binary) {}

  void add(const ZipRecord& record) {
    constexpr std::uint64_t kAlignment = 64;
    const std::uint64_t size = record.bytes.size() + static_cast<std::uint64_t>(record.zeros);
    // 0x0008: sizes and checksum follow the bytes. 0x0800: the name is UTF-8.
    const std::uint64_t flags = size == 0 ? 0x0800 : 0x0808;
    const std::uint32_t crc = record.zeros == 0 ? crc32(record.bytes) : 0;
    const std::uint64_t begin = at_;
    // PyTorch leaves one of the two sizes out in front of the bytes, not in the directory.
    const std::string before = extra64(size, 0, begin);
    const std::string sizes = extra64(size, size, begin);
    const std::uint64_t unpadded = begin + 30 + record.name.size() + sizes.size() + 4;
    const std::uint64_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;

    put("PK\3\4" + little(0, 2) + little(flags, 2) + little(0, 2) + little(0, 4) + little(0, 4) +
        little(0, 8) + little(record.name.size(), 2) + little(sizes.size() + padding + 4, 2) +
        record.name + before + "FB" + little(padding, 2) + std::string(padding, 'Z'));
    put(record.bytes);
    at_ += static_cast<std::uint64_t>(record.zeros);
    out_.seekp(static_cast<std::streamoff>(at_));
    const int width = sizes.empty() ? 4 : 8;
    if (size > 0) put("PK\7\b" + little(crc, 4) + little(size, width) + little(size, width));

    directory_ += "PK\1\2" + little(0, 4) + little(flags, 2) + little(0, 2) + little(0, 4) +
                  little(crc, 4) + in_32(size) + in_32(size) + little(record.name.size(), 2) +
                  little(sizes.size(), 2) + little(0, 2) + little(0, 8) + in_32(begin) +
                  record.name + sizes;
    ++entries_;
  }

  void finish() {
    const std::uint64_t begin = at_;
    const std::uint64_t end = begin + directory_.size();
    const std::uint64_t entries16 =
        limit_ == 0 ? 0xffff : std::min<std::uint64_t>(entries_, 0xffff);
    put(directory_);
    put("PK\6\6" + little(44, 8) + little(0x031e, 2) + little(45, 2) + little(0, 8) +
        little(entries_, 8) + little(entries_, 8) + little(directory_.size(), 8) +
        little(begin, 8));
    put("PK\6\7" + little(0, 4) + little(end, 8) + little(1, 4));
    put("PK\5\6" + little(0, 4) + little(entries16, 2) + little(entries16, 2) +
        in_32(directory_.size()) + in_32(begin) + little(0, 2));
    if (!out_.flush()) throw std::runtime_error("cannot write the archive");
  }

 private:
  /// The ZIP64 field: the numbers that do not fit into 32 bits.
  std::string extra64(std::uint64_t size, std::uint64_t stored, std::uint64_t begin) const {
    std::string fields;
    if (size >= limit_) fields += little(size, 8) + little(stored, 8);
    if (begin >= limit_) fields += little(begin, 8);
    return fields.empty() ? "" : little(1, 2) + little(fields.size(), 2) + fields;
  }
  void put(const std::string& bytes) {
    out_ << bytes;
    at_ += bytes.size();
  }
  std::string in_32(std::uint64_t value) const {
    return little(value >= limit_ ? 0xffffffff : value, 4);
  }

  std::uint64_t limit_;  ///< from here on a number needs ZIP64
  std::ofstream out_;
  std::uint64_t at_ = 0;
  std::string directory_;
  std::uint64_t entries_ = 0;
};

}  // namespace

TorchFile torch_file(const std::vector<TestTensor>& tensors) {
  TorchFile file;
  for (const TestTensor& tensor : tensors) {
    TorchView view;
    view.name = tensor.name;
    view.dtype = tensor.dtype;
    view.shape = tensor.shape;
    view.strides.resize(tensor.shape.size());
    Index stride = 1;
    for (std::size_t i = tensor.shape.size(); i-- > 0; stride *= tensor.shape[i])
      view.strides[i] = stride;
    view.storage = file.storages.size();
    std::string bytes;
    for (const float value : tensor.values) bytes += value_bytes(tensor.dtype, value);
    file.storages.push_back(bytes);
    file.views.push_back(view);
  }
  return file;
}

std::string torch_pickle(const TorchFile& file) {
  Pickler pickler(file.protocol);
  pickler.ordered_dict();
  pickler.items(file.views.size(), [&](std::size_t i) {
    pickler.text(file.views[i].name);
    pickle_tensor(pickler, file, file.views[i]);
  });
  if (file.module_metadata) pickle_metadata(pickler);
  return pickler.finish(file.protocol);
}

void write_torch_zip(const std::filesystem::path& path, const std::vector<ZipRecord>& records,
                     bool force64) {
  // A new file each time: some file systems wait for the disk where an old one is overwritten.
  std::filesystem::remove(path);
  ZipWriter writer(path, force64);
  for (const ZipRecord& record : records) writer.add(record);
  writer.finish();
}

void write_torch_bin(const std::filesystem::path& path, const TorchFile& file, bool force64) {
  std::vector<ZipRecord> records{{file.folder + "/data.pkl", torch_pickle(file)}};
  if (!file.byteorder.empty()) records.push_back({file.folder + "/byteorder", file.byteorder});
  std::map<std::string, const std::string*> storages;  // sorted as texts, as PyTorch does
  for (std::size_t i = 0; i < file.storages.size(); ++i)
    storages[std::to_string(i)] = &file.storages[i];
  for (const auto& [key, bytes] : storages)
    records.push_back({file.folder + "/data/" + key, *bytes});
  records.push_back({file.folder + "/version", "3\n"});
  write_torch_zip(path, records, force64);
}

void write_torch_bin(const std::filesystem::path& path, const std::vector<TestTensor>& tensors) {
  TorchFile file = torch_file(tensors);
  file.folder = path.stem().string();
  write_torch_bin(path, file);
}

void write_torch_shards(const std::filesystem::path& dir, const std::vector<TestTensor>& tensors,
                        int shard_count) {
  const std::size_t shards = static_cast<std::size_t>(shard_count);
  Json index;
  index["metadata"] = Json::object();
  index["weight_map"] = Json::object();
  for (std::size_t shard = 0; shard < shards; ++shard) {
    const std::string name = fmt::format("pytorch_model-{:05}-of-{:05}.bin", shard + 1, shards);
    const auto at = [&](std::size_t i) {
      return tensors.begin() + static_cast<std::ptrdiff_t>(tensors.size() * i / shards);
    };
    const std::vector<TestTensor> part(at(shard), at(shard + 1));
    for (const TestTensor& tensor : part) index["weight_map"][tensor.name] = name;
    write_torch_bin(dir / name, part);
  }
  std::ofstream(dir / "pytorch_model.bin.index.json") << index.dump(2);
}

}  // namespace nf
