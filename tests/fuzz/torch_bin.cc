/// Fuzzes open_torch_bin (zip archive and pickle): any bytes, archives whose files are changed, and
/// files of which it is known whether every tensor lies in its storage.

#include "core/checkpoint/torch_bin.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <utility>

#include "core/checkpoint/pickle.h"
#include "core/checkpoint/pickle_opcodes.h"
#include "core/checkpoint/torch_state_dict.h"
#include "core/checkpoint/zip_directory.h"
#include "core/io/read_file.h"
#include "tests/fuzz/json_mutator.h"
#include "tests/fuzz/weights.h"
#include "tests/support/write_torch_bin.h"

namespace nf {
namespace {

template <class T>
T number_at(std::string_view bytes, std::size_t at) {
  NF_FUZZ_CHECK(at <= bytes.size() && sizeof(T) <= bytes.size() - at, "byte {} of {}", at,
                bytes.size());
  T value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// Where the directory of an archive begins, by the record at its end: files end before it.
std::uint64_t directory_begin(std::string_view archive) {
  constexpr std::size_t kBytes = 22;  // of the record, without the comment that may follow
  const auto record_before = [archive](std::size_t last) { return archive.rfind("PK\5\6", last); };
  std::size_t end = record_before(archive.size() - kBytes);
  while (end != std::string_view::npos &&
         number_at<std::uint16_t>(archive, end + 20) != archive.size() - kBytes - end)
    end = end == 0 ? std::string_view::npos : record_before(end - 1);
  NF_FUZZ_CHECK(end != std::string_view::npos, "no end record");
  const std::uint64_t begin = number_at<std::uint32_t>(archive, end + 16);
  const bool is_small = begin != UINT32_MAX &&
                        number_at<std::uint16_t>(archive, end + 10) != UINT16_MAX &&
                        number_at<std::uint32_t>(archive, end + 12) != UINT32_MAX;
  if (is_small) return begin;
  return number_at<std::uint64_t>(archive, number_at<std::uint64_t>(archive, end - 20 + 8) + 48);
}

/// Every tensor lies in one file of the archive, and every file before the directory.
void check_storages(const WeightFile& file, std::string_view archive) {
  const ZipDirectory directory = read_zip_directory(file.file());
  const auto limit = static_cast<Index>(directory_begin(archive));
  for (const auto& [name, place] : directory)
    NF_FUZZ_CHECK(place.begin >= 0 && place.bytes >= 0 && place.begin + place.bytes <= limit,
                  "'{}' [{}, +{}) of {}", name, place.begin, place.bytes, limit);
  for (const TensorInfo& tensor : file.tensors()) {
    const auto holds = [&tensor](const auto& entry) {
      const auto& [name, place] = entry;
      return name.find("/data/") != std::string::npos && place.begin <= tensor.begin &&
             tensor.begin + tensor.bytes <= place.begin + place.bytes;
    };
    NF_FUZZ_CHECK(std::any_of(directory.begin(), directory.end(), holds),
                  "'{}' [{}, +{}) lies in no storage", tensor.name, tensor.begin, tensor.bytes);
  }
}

/// The pickle alone, on a heap block of its size: inside the archive nobody would see its end.
void check_pickle(std::string_view archive) {
  const std::filesystem::path path = write_input("archive.bin", archive);
  accepts([&] {
    const MappedFile file(path);
    for (const auto& [name, place] : read_zip_directory(file)) {
      if (!name.ends_with("data.pkl")) continue;
      const std::byte* const begin = file.bytes().data() + place.begin;
      const std::vector<std::byte> bytes(begin, begin + place.bytes);
      const std::vector<std::string_view> globals = torch_globals();
      read_pickle(bytes, "data.pkl", globals);
    }
  });
}

TorchView make_view(FuzzedDataProvider& source, const TorchFile& file) {
  TorchView view;
  view.name = fmt::format("t{}", file.views.size());
  view.dtype = source.PickValueInArray(
      {Dtype::f32, Dtype::f16, Dtype::bf16, Dtype::f64, Dtype::i64, Dtype::u8});
  view.storage = source.ConsumeIntegralInRange<std::size_t>(0, file.storages.size() - 1);
  view.parameter = source.ConsumeBool();
  view.offset = source.ConsumeIntegralInRange<Index>(0, 12);
  for (int rank = source.ConsumeIntegralInRange(0, 3); rank > 0; --rank) {
    view.shape.push_back(source.ConsumeIntegralInRange<Index>(0, 6));
    view.strides.push_back(source.ConsumeIntegralInRange<Index>(0, 9));
  }
  return view;
}

/// A file, and how many bytes one of its storages lacks in the archive.
struct Made {
  TorchFile file;
  std::size_t short_storage = 0;
  std::size_t missing = 0;
};

Made make_file(std::string_view recipe) {
  FuzzedDataProvider source(reinterpret_cast<const std::uint8_t*>(recipe.data()), recipe.size());
  Made made;
  TorchFile& file = made.file;
  file.folder = source.ConsumeBool() ? "archive" : "m";
  file.protocol = source.ConsumeBool() ? 4 : 2;
  file.module_metadata = source.ConsumeBool();
  file.byteorder = source.ConsumeBool() ? "little" : "";
  for (int count = source.ConsumeIntegralInRange(1, 3); count > 0; --count)
    file.storages.push_back(
        source.ConsumeBytesAsString(source.ConsumeIntegralInRange<std::size_t>(0, 160)));
  for (int count = source.ConsumeIntegralInRange(0, 4); count > 0; --count)
    file.views.push_back(make_view(source, file));
  made.short_storage = source.ConsumeIntegralInRange<std::size_t>(0, file.storages.size() - 1);
  const int missing = source.ConsumeIntegralInRange(0, 15);
  if (missing > 12) made.missing = static_cast<std::size_t>(missing - 12);
  made.missing = std::min(made.missing, file.storages[made.short_storage].size());
  return made;
}

/// As write_torch_bin() does it, but for the bytes that are missing.
void write_made(const std::filesystem::path& path, const Made& made, bool force64) {
  std::vector<ZipRecord> records = {{made.file.folder + "/data.pkl", torch_pickle(made.file)}};
  if (!made.file.byteorder.empty())
    records.push_back({made.file.folder + "/byteorder", made.file.byteorder});
  for (std::size_t i = 0; i < made.file.storages.size(); ++i) {
    const std::string& bytes = made.file.storages[i];
    const std::size_t missing = i == made.short_storage ? made.missing : 0;
    records.push_back(
        {fmt::format("{}/data/{}", made.file.folder, i), bytes.substr(0, bytes.size() - missing)});
  }
  write_torch_zip(path, records, force64);
}

bool is_empty(const TorchView& view) {
  return std::find(view.shape.begin(), view.shape.end(), 0) != view.shape.end();
}

bool fits(const TorchView& view, const Made& made) {
  const std::size_t bytes = made.file.storages[view.storage].size();
  const Index capacity = static_cast<Index>(bytes) / dtype_bytes(view.dtype);
  const std::size_t missing = view.storage == made.short_storage ? made.missing : 0;
  if (capacity * dtype_bytes(view.dtype) > static_cast<Index>(bytes - missing)) return false;
  Index last = view.offset;
  for (std::size_t i = 0; i < view.shape.size(); ++i) last += (view.shape[i] - 1) * view.strides[i];
  return is_empty(view) ? view.offset <= capacity : last < capacity;
}

/// The values that the reader gives are those of the view's definition.
void check_view(const WeightFile& weights, const TorchView& view, const TorchFile& file) {
  const TensorInfo* const tensor = weights.find(view.name);
  NF_FUZZ_CHECK(tensor != nullptr && tensor->shape == view.shape && tensor->dtype == view.dtype,
                "'{}' is lost or another one", view.name);
  const std::size_t rank = view.shape.size();
  const auto* const bytes = reinterpret_cast<const std::byte*>(file.storages[view.storage].data());
  if (is_empty(view) || (rank != 1 && rank != 2) || !element(bytes, view.dtype, view.offset))
    return;
  for (Index row = 0; row < tensor->rows(); ++row) {
    const auto wanted = [&](Index col) {
      const Index from_row = rank == 2 ? row * view.strides.front() : 0;
      return *element(bytes, view.dtype, view.offset + from_row + col * view.strides.back());
    };
    Matrix out(1, tensor->cols());
    const bool finite = accepts([&] { weights.read_f32(*tensor, row, out); });
    bool wanted_finite = true;
    for (Index col = 0; col < tensor->cols(); ++col)
      wanted_finite = wanted_finite && std::isfinite(wanted(col));
    NF_FUZZ_CHECK(finite == wanted_finite, "'{}' row {}", view.name, row);
    for (Index col = 0; finite && col < tensor->cols(); ++col)
      NF_FUZZ_CHECK(out(0, col) == wanted(col), "'{}' [{}, {}] is {}, not {}", view.name, row, col,
                    out(0, col), wanted(col));
  }
}

void check_recipe(std::string_view recipe) {
  const Made made = make_file(recipe);
  const std::vector<TorchView>& views = made.file.views;
  const std::filesystem::path path = fuzz_folder() / "made.bin";
  write_made(path, made, recipe.size() % 4 == 0);
  const bool sound = std::all_of(views.begin(), views.end(),
                                 [&made](const TorchView& view) { return fits(view, made); });
  const bool taken = accepts([&] {
    const WeightFile weights = open_torch_bin(path);
    NF_FUZZ_CHECK(weights.tensors().size() == views.size(), "{} tensors", weights.tensors().size());
    if (!sound) return;
    check_storages(weights, read_text_file(path));
    for (const TorchView& view : views) check_view(weights, view, made.file);
  });
  NF_FUZZ_CHECK(taken == sound, "a file that is {} was {}", sound ? "sound" : "unsound",
                taken ? "taken" : "refused");
}

/// An integer as pickles write small and large ones.
std::string pickled_integer(std::uint64_t value) {
  if (value < 256) return {static_cast<char>(opcode::kBinInt1), static_cast<char>(value)};
  std::string text = {static_cast<char>(opcode::kLong1), '\x08'};
  for (int i = 0; i < 8; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

/// Puts another number in the place of what looks like a small integer.
std::string with_another_number(const std::string& pickle, JsonMutator& random) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i + 1 < pickle.size(); ++i)
    if (pickle[i] == static_cast<char>(opcode::kBinInt1)) places.push_back(i);
  if (places.empty()) return mutate_bytes(pickle);
  const std::size_t at = places[random.below(places.size())];
  const auto old = std::uint64_t{static_cast<unsigned char>(pickle[at + 1])};
  const std::vector<std::uint64_t> values = {old + 1, old - 1,     old * 2,     0,
                                             1,       1ULL << 31U, 1ULL << 62U, ~0ULL};
  return pickle.substr(0, at) + pickled_integer(values[random.below(values.size())]) +
         pickle.substr(at + 2);
}

std::vector<ZipRecord> unpack(std::string_view archive) {
  std::vector<ZipRecord> records;
  const std::filesystem::path path = write_input("parent.bin", archive);
  accepts([&] {
    const MappedFile file(path);
    for (const auto& [name, place] : read_zip_directory(file)) {
      records.push_back({name, std::string(archive.substr(static_cast<std::size_t>(place.begin),
                                                          static_cast<std::size_t>(place.bytes)))});
    }
  });
  return records;
}

/// Changes one file of an archive. Empty when `archive` is none.
std::string with_changed_file(std::string_view archive, JsonMutator& random) {
  std::vector<ZipRecord> records = unpack(archive);
  if (records.empty()) return "";
  std::size_t chosen = random.below(records.size());
  if (random.below(3) > 0)  // mostly the pickle
    for (std::size_t i = 0; i < records.size(); ++i)
      if (records[i].name.ends_with("data.pkl")) chosen = i;
  ZipRecord& record = records[chosen];
  const std::size_t way = random.below(8);
  if (way == 0) {
    record.name = mutate_bytes(record.name).substr(0, 200);
  } else if (way < 5 && record.name.ends_with("data.pkl")) {
    record.bytes = with_another_number(record.bytes, random);
  } else {
    record.bytes = mutate_bytes(record.bytes);
  }
  const std::filesystem::path path = fuzz_folder() / "child.bin";
  write_torch_zip(path, records, random.below(4) == 0);
  return read_text_file(path);
}

}  // namespace

void make_seeds(const SaveSeed& save) {
  const std::filesystem::path path = fuzz_folder() / "seed";
  const auto save_file = [&](const std::string& name, const TorchFile& file, bool force64) {
    write_torch_bin(path, file, force64);
    save(name, read_text_file(path));
  };
  TorchFile file = torch_file({{"a.weight", Dtype::f32, {2, 3}, {1, 2, 3, 4, 5, 6}},
                               {"b", Dtype::bf16, {4}, {1, 2, 3, 4}},
                               {"steps", Dtype::i64, {}, {7}}});
  save_file("plain", file, false);
  file.views.push_back({.name = "t", .shape = {3, 2}, .strides = {1, 3}, .storage = 0});
  file.views.push_back(
      {.name = "s", .dtype = Dtype::bf16, .shape = {2}, .strides = {2}, .offset = 1, .storage = 1});
  file.protocol = 4;
  file.module_metadata = true;
  file.byteorder = "little";
  file.views.front().parameter = true;
  save_file("views", file, false);
  save_file("zip64", file, true);
  for (const int salt : {1, 3, 5, 7}) {
    std::string recipe(kRecipe);
    for (int i = 0; i < 250; ++i) recipe += static_cast<char>(i * i * salt);
    save(fmt::format("recipe-{}", salt), recipe);
  }
}

}  // namespace nf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nf;
  const std::string_view input = as_text(data, size);
  if (input.starts_with(kRecipe)) {
    check_recipe(input.substr(kRecipe.size()));
    return 0;
  }
  const std::filesystem::path path = write_input("pytorch_model.bin", input);
  accepts([&] {
    const WeightFile file = open_torch_bin(path);
    check_storages(file, input);
    check_weights(file);
  });
  check_pickle(input);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  using namespace nf;
  const std::string_view input = as_text(data, size);
  JsonMutator random(seed, {});
  if (input.starts_with(kRecipe) || random.below(4) == 0) return LLVMFuzzerMutate(data, size, most);
  const std::string changed = with_changed_file(input, random);
  if (changed.empty()) return LLVMFuzzerMutate(data, size, most);
  return replace_input(changed, data, size, most);
}
