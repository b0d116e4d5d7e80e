#include "core/checkpoint/torch_state_dict.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "core/base/error.h"
#include "core/checkpoint/torch_bin.h"
#include "core/tensor/matrix.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_torch_bin.h"

namespace nf {
namespace {

using std::string_literals::operator""s;

constexpr Index kBeyondEverything = INT64_MAX;

std::vector<float> counted(int count) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(i));
  return values;
}

/// One storage 0, 1, ..., 23 and a tensor "x" [4, 6] over it.
TorchFile one_tensor(Dtype dtype = Dtype::f32) {
  return torch_file({{"x", dtype, {4, 6}, counted(24)}});
}

class TorchStateDict : public testing::Test {
 protected:
  std::filesystem::path path() const { return dir_ / "f.bin"; }
  WeightFile open(const TorchFile& file) const {
    write_torch_bin(path(), file);
    return open_torch_bin(path());
  }
  /// An archive with this pickle and the storage "0" of 16 bytes.
  std::string message_of_pickle(const std::string& pickle) const {
    write_torch_zip(path(), {{"a/data.pkl", pickle}, {"a/data/0", std::string(16, '\0')}});
    return message();
  }
  std::string message_of(const TorchFile& file) const {
    write_torch_bin(path(), file);
    return message();
  }
  std::string message() const {
    try {
      open_torch_bin(path());
    } catch (const DataError& error) {
      return std::string(error.what()).substr(dir_.path().string().size() + 1);
    }
    return "no error";
  }

  TempDir dir_;
};

/// All values of a vector or matrix.
std::vector<float> values_of(const WeightFile& file, std::string_view name) {
  const TensorInfo& info = *file.find(name);
  Matrix out(info.rows(), info.cols());
  file.read_f32(info, 0, out);
  return {out.data(), out.data() + info.rows() * info.cols()};
}

TEST_F(TorchStateDict, ListsTensorsByName) {
  const WeightFile file = open(torch_file({{"z", Dtype::f32, {2, 2}, {1, 2, 3, 4}},
                                           {"a.b", Dtype::f16, {3}, {5, 6, 7}},
                                           {"m", Dtype::bf16, {1, 2}, {8, 9}}}));
  ASSERT_EQ(file.tensors().size(), 3u);
  EXPECT_EQ(file.tensors()[0].name, "a.b");
  EXPECT_EQ(file.tensors()[2].shape_text(), "[2, 2]");
  EXPECT_TRUE(file.tensors()[2].strides.empty());
  EXPECT_EQ(file.tensors()[2].bytes, 16);
  EXPECT_EQ(values_of(file, "z"), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(values_of(file, "a.b"), (std::vector<float>{5, 6, 7}));
  EXPECT_EQ(values_of(file, "m"), (std::vector<float>{8, 9}));
}

TEST_F(TorchStateDict, ReadsViewsThroughTheirStrides) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f16, Dtype::bf16}) {
    TorchFile torch = one_tensor(dtype);
    torch.views.push_back({"tied", dtype, {4, 6}, {6, 1}, 0, 0});
    torch.views.push_back({"transposed", dtype, {6, 4}, {1, 6}, 0, 0});
    torch.views.push_back({"slice", dtype, {2, 3}, {6, 1}, 8, 0});
    torch.views.push_back({"column", dtype, {4}, {6}, 1, 0});
    torch.views.push_back({"row", dtype, {6}, {1}, 12, 0});
    torch.views.push_back({"every second", dtype, {2, 3}, {12, 2}, 1, 0});
    torch.views.push_back({"expanded", dtype, {2, 3}, {1, 0}, 4, 0});
    torch.views.push_back({"one row", dtype, {1, 3}, {kBeyondEverything, 1}, 21, 0});
    torch.views.push_back({"empty", dtype, {0, 3}, {3, 1}, 24, 0});
    const WeightFile file = open(torch);
    EXPECT_EQ(values_of(file, "x"), counted(24));
    EXPECT_EQ(values_of(file, "tied"), counted(24));
    EXPECT_EQ(values_of(file, "transposed"),
              (std::vector<float>{0, 6, 12, 18, 1, 7,  13, 19, 2, 8,  14, 20,
                                  3, 9, 15, 21, 4, 10, 16, 22, 5, 11, 17, 23}));
    EXPECT_EQ(values_of(file, "slice"), (std::vector<float>{8, 9, 10, 14, 15, 16}));
    EXPECT_EQ(values_of(file, "column"), (std::vector<float>{1, 7, 13, 19}));
    EXPECT_EQ(values_of(file, "row"), (std::vector<float>{12, 13, 14, 15, 16, 17}));
    EXPECT_EQ(values_of(file, "every second"), (std::vector<float>{1, 3, 5, 13, 15, 17}));
    EXPECT_EQ(values_of(file, "expanded"), (std::vector<float>{4, 4, 4, 5, 5, 5}));
    EXPECT_EQ(values_of(file, "one row"), (std::vector<float>{21, 22, 23}));
    EXPECT_EQ(values_of(file, "empty"), std::vector<float>{});

    EXPECT_TRUE(file.find("one row")->strides.empty());
    EXPECT_EQ(file.find("tied")->begin, file.find("x")->begin);
    const Index element = dtype_bytes(dtype);
    EXPECT_EQ(file.find("slice")->begin, file.find("x")->begin + 8 * element);
    EXPECT_EQ(file.find("slice")->bytes, 9 * element);
    // Some rows of a view.
    Matrix rows(2, 4);
    file.read_f32(*file.find("transposed"), 4, rows);
    EXPECT_EQ(rows(1, 3), 23.0f);
  }
}

TEST_F(TorchStateDict, OtherTypesAreListedButNotRead) {
  const WeightFile file =
      open(torch_file({{"i64", Dtype::i64, {300}, std::vector<float>(300, 7)},
                       {"mask", Dtype::boolean, {1, 1, 2, 2}, {1, 0, 1, 1}},
                       {"scalar", Dtype::f32, {}, {-10000}},
                       {"u8", Dtype::u8, {70000}, std::vector<float>(70000, 3)}}));
  const char* const causes[] = {"dtype I64 cannot be read as numbers, only F32, F16, BF16 and F64",
                                "dtype BOOL cannot be read as numbers, only F32, F16, BF16 and F64",
                                "shape [] has 0 dimensions, expected 1 or 2",
                                "dtype U8 cannot be read as numbers, only F32, F16, BF16 and F64"};
  ASSERT_EQ(file.tensors().size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string& name = file.tensors()[i].name;
    try {
      values_of(file, name);
      FAIL() << "no error";
    } catch (const DataError& error) {
      EXPECT_EQ(error.what(), path().string() + ": tensor '" + name + "': " + causes[i]);
    }
  }
}

TEST_F(TorchStateDict, UnwrapsParameters) {
  TorchFile torch = one_tensor();
  torch.views[0].parameter = true;
  EXPECT_EQ(values_of(open(torch), "x"), counted(24));
}

TEST_F(TorchStateDict, PassesOverWhatAModuleAdds) {
  TorchFile torch = one_tensor();
  torch.module_metadata = true;
  EXPECT_EQ(open(torch).tensors().size(), 1u);
}

TEST_F(TorchStateDict, ThousandsOfTensors) {
  // More than 256 memo entries, and more than one batch of 1000 items.
  std::vector<TestTensor> tensors;
  for (int i = 0; i < 2001; ++i)
    tensors.push_back({"layers." + std::to_string(i), Dtype::f32, {1}, {static_cast<float>(i)}});
  const WeightFile file = open(torch_file(tensors));
  ASSERT_EQ(file.tensors().size(), 2001u);
  EXPECT_EQ(values_of(file, "layers.1000"), std::vector<float>{1000});
  EXPECT_EQ(values_of(file, "layers.2000"), std::vector<float>{2000});
}

TEST_F(TorchStateDict, StorageMustHoldEveryElement) {
  const auto message_with = [&](const std::vector<Index>& shape, const std::vector<Index>& strides,
                                Index offset) {
    TorchFile torch = one_tensor();
    torch.views[0].shape = shape;
    torch.views[0].strides = strides;
    torch.views[0].offset = offset;
    return message_of(torch);
  };
  const struct {
    std::vector<Index> shape, strides;
    Index offset;
  } outside[] = {
      {{4, 6}, {6, 1}, 1},
      {{5, 6}, {6, 1}, 0},
      {{4, 6}, {7, 1}, 0},
      {{4, 6}, {6, 2}, 0},
      {{1}, {1}, 24},
      {{}, {}, 24},
      {{0}, {1}, 25},
      {{}, {}, kBeyondEverything},
      {{2}, {kBeyondEverything}, 0},
      {{2}, {kBeyondEverything}, 5},
      {{kBeyondEverything}, {kBeyondEverything}, 0},
      {{kBeyondEverything, kBeyondEverything}, {0, 0}, 0},
      {{0, kBeyondEverything}, {1, 1}, 0},
  };
  for (const auto& row : outside)
    EXPECT_EQ(message_with(row.shape, row.strides, row.offset),
              fmt::format("f.bin: tensor 'x': shape [{}] with strides [{}] from element {} on does "
                          "not fit into its storage of 24 elements",
                          fmt::join(row.shape, ", "), fmt::join(row.strides, ", "), row.offset));

  const std::string start = "f.bin: tensor 'x': ";
  EXPECT_EQ(message_with({2, 2}, {1}, 0), start + "2 sizes but 1 strides");
  EXPECT_EQ(message_with({-1}, {1}, 0), start + "size is -1, expected a non-negative integer");
  EXPECT_EQ(message_with({2}, {-1}, 3), start + "stride is -1, expected a non-negative integer");
  EXPECT_EQ(message_with({2}, {1}, -1),
            start + "storage offset is -1, expected a non-negative integer");
  EXPECT_EQ(message_with(std::vector<Index>(65, 1), std::vector<Index>(65, 1), 0),
            start + "65 dimensions are more than 64");
}

/// Pieces of pickles, written by hand.
const std::string kV2 = "ctorch._utils\n_rebuild_tensor_v2\n";
const std::string kV3 = "ctorch._utils\n_rebuild_tensor_v3\n";
const std::string kDict = "ccollections\nOrderedDict\n)R";
std::string text(const std::string& value) {
  return "\x8c"s + static_cast<char>(value.size()) + value;
}
/// ('storage', torch.FloatStorage, '0', 'cpu', 4) of 16 bytes.
std::string storage(const std::string& type = "torch\nFloatStorage", const std::string& key = "0",
                    const std::string& elements = "K\4") {
  return "(" + text("storage") + "c" + type + "\n" + text(key) + text("cpu") + elements + "tQ";
}
/// offset 0, size (4,), stride (1,), requires_grad, hooks
const std::string kRest = "K\0K\4\x85K\1\x85\x89"s + kDict;
std::string entry(const std::string& value) { return "}" + text("x") + value + "s."; }

TEST_F(TorchStateDict, AFolderOfTheArchiveNeverBreaksAMessage) {
  write_torch_zip(path(), {{"a\nb/data.pkl", torch_pickle(one_tensor())}});
  EXPECT_EQ(message(), "f.bin: tensor 'x': its storage 'a?b/data/0' is missing");
}

TEST_F(TorchStateDict, ReadsFormsThatTheWriterDoesNotWrite) {
  const std::string parameter = "ctorch._utils\n_rebuild_parameter_with_state\n";
  const std::string with_size = "K\0ctorch\nSize\nK\4\x85\x85RK\1\x85\x89"s + kDict;
  for (const std::string& value : std::vector<std::string>{
           kV2 + "(" + storage() + kRest + "tR",
           kV2 + "(" + storage() + kRest + "}tR",
           kV2 + "(" + storage() + with_size + "tR",
           parameter + "(" + kV2 + "(" + storage() + kRest + "tR\x88" + kDict + "}tR",
           kV3 + "(" + storage() + kRest + "ctorch\nfloat32\ntR",
           kV3 + "(" + storage("torch.storage\nUntypedStorage", "0", "K\x10") + kRest +
               "ctorch\nfloat32\ntR",
           kV3 + "(" + storage("torch.storage\nUntypedStorage", "0", "K\x10") + kRest +
               "ctorch\nfloat8_e4m3fn\nNtR",
       }) {
    EXPECT_EQ(message_of_pickle(entry(value)), "no error");
    const WeightFile file = open_torch_bin(path());
    EXPECT_EQ(file.tensors()[0].shape_text(), "[4]");
  }
}

TEST_F(TorchStateDict, OtherContentsNameTheirMistake) {
  const std::string good = kV2 + "(" + storage() + kRest + "tR";
  const struct {
    std::string pickle, message;
  } table[] = {
      {"N.",
       "holds None, expected a dict of tensors; load the model with PyTorch and save it again with "
       "save_pretrained(dir)"},
      {"].",
       "holds a list, expected a dict of tensors; load the model with PyTorch and save it again "
       "with save_pretrained(dir)"},
      {good + ".",
       "holds an object, expected a dict of tensors; load the model with PyTorch and save it again "
       "with save_pretrained(dir)"},
      {"}K\1" + good + "s.", "name 1 in the dict of tensors is not a text in UTF-8"},
      {"}" + text("\xff") + good + "s.", "name 1 in the dict of tensors is not a text in UTF-8"},
      {"}" + text("x") + good + "s" + text("x") + good + "s.", "tensor 'x': appears twice"},
      {entry("N"),
       "tensor 'x': is None, not a tensor; load the model with PyTorch and save it again with "
       "save_pretrained(dir)"},
      {entry("K\3"),
       "tensor 'x': is an integer, not a tensor; load the model with PyTorch and save it again "
       "with save_pretrained(dir)"},
      {"}" + text("state_dict") + entry(good).substr(0, entry(good).size() - 1) + "s.",
       "tensor 'state_dict': is a dict, not a tensor; load the model with PyTorch and save it "
       "again with save_pretrained(dir)"},
      {entry(storage()),
       "tensor 'x': is a storage, not a tensor; load the model with PyTorch and save it again with "
       "save_pretrained(dir)"},
      {entry("ctorch\nSize\n)R"),
       "tensor 'x': is an object, not a tensor; load the model with PyTorch and save it again with "
       "save_pretrained(dir)"},
      {entry("ctorch._utils\n_rebuild_parameter\n)R"),
       "tensor 'x': is an object, not a tensor; load the model with PyTorch and save it again with "
       "save_pretrained(dir)"},
      {entry(kV2 + ")R"), "tensor 'x': has 0 properties, expected 6"},
      {entry(kV2 + "(" + storage() + kRest + "}" + text("conj") + "\x88stR"),
       "tensor 'x': has its sign or conjugate still to be applied; load the model with PyTorch and "
       "save it again with save_pretrained(dir)"},
      {entry(kV2 + "(" + storage() + kRest + "NNtR"), "tensor 'x': has 8 properties, expected 6"},
      {entry(kV2 + "(N" + kRest + "tR"), "tensor 'x': its storage is None"},
      {entry(kV2 + "(NQ" + kRest + "tR"),
       "tensor 'x': its storage is not of the form ('storage', class, key, location, size)"},
      {entry(kV2 + "(" + text("storage") + "\x85Q" + kRest + "tR"),
       "tensor 'x': its storage is not of the form ('storage', class, key, location, size)"},
      {entry(kV2 + "(" + storage("torch\nSize") + kRest + "tR"),
       "tensor 'x': its storage has no known class"},
      {entry(kV2 + "(" + storage("torch.storage\nUntypedStorage") + kRest + "tR"),
       "tensor 'x': has no dtype"},
      {entry(kV2 + "(" + storage("torch\nFloatStorage", "1") + kRest + "tR"),
       "tensor 'x': its storage 'a/data/1' is missing"},
      {entry(kV2 + "(" + storage("torch\nFloatStorage", "../version") + kRest + "tR"),
       "tensor 'x': its storage 'a/data/../version' is missing"},
      {entry(kV2 + "(" + storage("torch\nFloatStorage", "0", "K\5") + kRest + "tR"),
       "tensor 'x': its storage 'a/data/0' has 16 bytes, 5 elements are announced"},
      {entry(kV2 + "(" +
             storage("torch\nFloatStorage", "0", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f") +
             kRest + "tR"),
       "tensor 'x': its storage 'a/data/0' has 16 bytes, 9223372036854775807 elements are "
       "announced"},
      {entry(kV2 + "(" + storage("torch\nFloatStorage", "0", "J\xff\xff\xff\xff") + kRest + "tR"),
       "tensor 'x': storage size is -1, expected a non-negative integer"},
      {entry(kV2 + "(" + storage() + "NK\4\x85K\1\x85\x89" + kDict + "tR"),
       "tensor 'x': storage offset is None, expected a non-negative integer"},
      {entry(kV2 + "(" + storage() + "K\0NK\1\x85\x89"s + kDict + "tR"),
       "tensor 'x': size is None, expected a tuple"},
      {entry(kV2 + "(" + storage() + "K\0N\x85K\1\x85\x89"s + kDict + "tR"),
       "tensor 'x': size is None, expected a non-negative integer"},
      {entry(kV3 + "(" + storage() + kRest + "NtR"), "tensor 'x': has no dtype"},
      {entry("ctorch._utils\n_rebuild_qtensor\n)R"),
       "data.pkl: byte 4: global 'torch._utils._rebuild_qtensor' is not one that tensors need; "
       "nothing of a checkpoint is executed"},
  };
  for (const auto& row : table) EXPECT_EQ(message_of_pickle(row.pickle), "f.bin: " + row.message);
}

}  // namespace
}  // namespace nf
