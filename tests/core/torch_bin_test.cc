#include "core/checkpoint/torch_bin.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "core/base/error.h"
#include "core/io/content_hash.h"
#include "core/io/read_file.h"
#include "core/tensor/matrix.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_torch_bin.h"

namespace nf {
namespace {

using std::string_literals::operator""s;

constexpr int kMutations = 4000;
/// A damaged shape may be as large as it likes where its strides are 0: then it is not read.
constexpr Index kMostElements = 1 << 20;

std::vector<float> counted(int count) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(i));
  return values;
}

/// Every kind of number, tensor and view that the writer knows.
TorchFile mixed_file() {
  TorchFile file = torch_file({{"a", Dtype::f32, {4, 6}, counted(24)},
                               {"e", Dtype::f16, {0, 3}, {}},
                               {"m", Dtype::boolean, {1, 1, 2, 2}, {1, 0, 1, 1}},
                               {"s", Dtype::bf16, {}, {-10000}},
                               {"i", Dtype::i64, {300}, std::vector<float>(300, 7)},
                               {"big", Dtype::u8, {70000}, std::vector<float>(70000, 1)}});
  file.views.push_back({"t", Dtype::f32, {6, 4}, {1, 6}, 0, 0});
  file.views.push_back({"sl", Dtype::f32, {2, 3}, {6, 1}, 8, 0});
  return file;
}

class TorchBin : public testing::Test {
 protected:
  std::filesystem::path path() const { return dir_ / "f.bin"; }
  void write(const std::string& bytes) const {
    // A new file each time: some file systems wait for the disk where an old one is overwritten.
    std::filesystem::remove(path());
    std::ofstream(path(), std::ios::binary) << bytes;
  }
  /// Opens the file, reads every matrix of floats; the message without the directory.
  std::string message() const {
    try {
      const WeightFile file = open_torch_bin(path());
      for (const TensorInfo& tensor : file.tensors()) {
        if (tensor.shape.size() > 2 || tensor.rows() > kMostElements ||
            tensor.cols() > kMostElements / std::max(Index{1}, tensor.rows()))
          continue;
        Matrix out(tensor.rows(), tensor.cols());
        if (tensor.dtype == Dtype::f32 && !tensor.shape.empty()) file.read_f32(tensor, 0, out);
        file.advise(tensor, 0, tensor.rows(), MappedFile::Advice::will_need);
        file.advise(tensor, MappedFile::Advice::dont_need);
      }
    } catch (const DataError& error) {
      return std::string(error.what()).substr(dir_.path().string().size() + 1);
    }
    return "no error";
  }
  std::string message_of(const std::string& bytes) const {
    write(bytes);
    return message();
  }

  TempDir dir_;
};

TEST_F(TorchBin, TheTestsWriteWhatPyTorchWrites) {
  // XXH3 of what torch.save of PyTorch 1.13 wrote for the same tensors under the same file names.
  const auto hash_of = [&](TorchFile file, const std::string& folder) {
    file.folder = folder;
    write_torch_bin(path(), file);
    const std::string bytes = read_text_file(path());
    ContentHash hash;
    hash.add_raw(std::as_bytes(std::span(bytes)));
    return hash.hex();
  };
  TorchFile file = mixed_file();
  EXPECT_EQ(hash_of(file, "mix2"), "0dc259b5e584135a7a0e2e97a3341374");
  file.protocol = 4;
  EXPECT_EQ(hash_of(file, "mix4"), "fd3e4c2d6ef01ea4113d63888918f1b9");
  file = torch_file({{"w", Dtype::f32, {2, 2}, {1, 2, 3, 4}}});
  file.module_metadata = true;
  EXPECT_EQ(hash_of(file, "meta"), "a79d0384e0ba2b607f13b8451d7d579b");
  file = torch_file({{"p", Dtype::f32, {4, 6}, counted(24)}});
  file.views[0].parameter = true;
  EXPECT_EQ(hash_of(file, "param"), "53af2a9876cc357c543882b81d2ad28e");
  std::vector<TestTensor> many;
  for (int i = 0; i < 1500; ++i)
    many.push_back({"layers." + std::to_string(i) + ".weight",
                    Dtype::f32,
                    {2, 2},
                    std::vector<float>(4, static_cast<float>(i))});
  EXPECT_EQ(hash_of(torch_file(many), "many"), "cf44163579deac48059b43f79efc7841");
}

TEST_F(TorchBin, OpensEveryFormAlike) {
  std::string first;
  for (const int protocol : {2, 4})
    for (const bool force64 : {false, true})
      for (const char* order : {"", "little"}) {
        TorchFile torch = mixed_file();
        torch.protocol = protocol;
        torch.byteorder = order;
        write_torch_bin(path(), torch, force64);
        const WeightFile file = open_torch_bin(path());
        EXPECT_EQ(file.path(), path());
        std::string all;
        for (const TensorInfo& tensor : file.tensors())
          all += tensor.name + tensor.shape_text() + std::string(dtype_name(tensor.dtype)) + " ";
        EXPECT_EQ(all,
                  "a[4, 6]F32 big[70000]U8 e[0, 3]F16 i[300]I64 m[1, 1, 2, 2]BOOL s[]BF16 sl[2, "
                  "3]F32 t[6, 4]F32 ");
        Matrix values(4, 6);
        file.read_f32(*file.find("a"), 0, values);
        EXPECT_EQ(std::vector<float>(values.data(), values.data() + 24), counted(24));
      }
}

TEST_F(TorchBin, ReadsTensorsBeyond4GiB) {
  constexpr Index kHole = Index{5} << 30;  // a sparse file: it takes no room
  const Index rows = (kHole + 4) / 4;
  TorchFile torch = torch_file({{"huge", Dtype::f32, {1}, {1}}, {"last", Dtype::f32, {1}, {2}}});
  torch.views[0].shape = {rows, 1};
  torch.views[0].strides = {1, 1};
  // The pickle must announce the hole's elements too.
  std::string pickle = torch_pickle(torch);
  const std::string announced = "K\1tq\x08Q";
  const std::size_t at = pickle.find(announced);
  ASSERT_NE(at, std::string::npos);
  pickle.replace(at, 2, "J" + std::string({'\1', '\0', '\0', '\x50'}));
  write_torch_zip(path(), {{"f/data.pkl", pickle},
                           {"f/data/0", torch.storages[0], kHole},
                           {"f/data/1", torch.storages[1]}});
  const WeightFile file = open_torch_bin(path());
  EXPECT_EQ(file.find("huge")->bytes, kHole + 4);
  Matrix value(1, 1);
  file.read_f32(*file.find("huge"), 0, value);
  EXPECT_EQ(value(0, 0), 1.0f);
  file.read_f32(*file.find("huge"), rows - 1, value);
  EXPECT_EQ(value(0, 0), 0.0f);
  EXPECT_GT(file.find("last")->begin, kHole);
  Matrix last(1, 1);
  file.read_f32(*file.find("last"), 0, last);
  EXPECT_EQ(last(0, 0), 2.0f);
}

TEST_F(TorchBin, OtherFilesSayWhatTheyAre) {
  const std::string again =
      "load the model with PyTorch and save it again with save_pretrained(dir)";
  const std::string legacy =
      "f.bin: written by torch.save in the form before PyTorch 1.6, which is "
      "not read; " +
      again;
  EXPECT_EQ(message_of("\x80\2\x8a\nl\xfc\x9c"s + "F\xf9 j\xa8P\x19.\x80\2M\xe9\3."), legacy);
  EXPECT_EQ(message_of(std::string(257, 'x') + "ustar  "), legacy);
  const std::string other =
      "f.bin: not a zip archive, as torch.save writes since PyTorch 1.6; "
      "truncated or not finished downloading?";
  for (const char* bytes : {"", "P", "<html>", "{}"}) EXPECT_EQ(message_of(bytes), other);
  EXPECT_EQ(message_of("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
            "f.bin: a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'");
  EXPECT_EQ(message_of("PK\3\4"),
            "f.bin: byte 4: the directory of the zip archive is missing; is the file truncated?");
  write_torch_zip(path(), {{"data.pkl", ""}, {"a/b/data.pkl", ""}, {"a/data.pklx", ""}});
  EXPECT_EQ(message(), "f.bin: a zip archive without data.pkl; was it written by torch.save?");
  write_torch_zip(path(), {{"a/data.pkl", "}."}, {"b/data.pkl", "}."}});
  EXPECT_EQ(message(), "f.bin: holds more than one data.pkl");
  write_torch_zip(path(), {{"a/data.pkl", "}."}, {"a/byteorder", "big"}});
  EXPECT_EQ(message(), "f.bin: byte order 'big' is not read, only 'little'");
  write_torch_zip(path(), {{"a/data.pkl", "}."}});
  EXPECT_EQ(message(), "no error");
  write_torch_zip(path(), {{"a/data.pkl", "cos\nsystem\nX\4\0\0\0true\x85R."s}});
  EXPECT_EQ(message(),
            "f.bin: data.pkl: byte 0: global 'os.system' is not one that tensors need; nothing of "
            "a checkpoint is executed");
}

/// A file small enough to damage each of its bytes.
TorchFile small_file() {
  TorchFile file = torch_file(
      {{"embed", Dtype::f32, {3, 2}, counted(6)}, {"mask", Dtype::boolean, {1, 1, 2}, {1, 0}}});
  file.views.push_back({"tied", Dtype::f32, {2, 3}, {1, 2}, 0, 0});
  file.views[0].parameter = true;
  file.module_metadata = true;
  file.byteorder = "little";
  return file;
}

TEST_F(TorchBin, EveryDamagedByteReadsOrThrows) {
  for (const bool force64 : {false, true}) {
    write_torch_bin(path(), small_file(), force64);
    const std::string good = read_text_file(path());
    ASSERT_EQ(message(), "no error");
    int refused = 0;
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (const int flip : {0x01, 0xff}) {
        std::string bytes = good;
        bytes[at] = static_cast<char>(bytes[at] ^ flip);
        const std::string result = message_of(bytes);
        refused += result != "no error" ? 1 : 0;
        ASSERT_EQ(result.find('\n'), std::string::npos) << result;
      }
      EXPECT_NE(message_of(good.substr(0, at)), "no error") << "truncated at " << at;
    }
    EXPECT_GT(refused, static_cast<int>(good.size())) << "the damage must be damage";
  }
}

std::string damaged(std::string bytes, std::mt19937_64& random) {
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::size_t edits = 1 + below(3);
  for (std::size_t i = 0; i < edits && !bytes.empty(); ++i) {
    const std::size_t at = below(bytes.size());
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] = "().GJKMNQRX]abcehjqrstu}\x85\x86\x87\x88\x8a\x8c\x93\x94"[below(32)];
        break;
      case 2:
        bytes.erase(at, 1 + below(4));
        break;
      case 3:
        bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
        break;
      case 4:
        bytes.replace(at, std::min<std::size_t>(4, bytes.size() - at), "\xff\xff\xff\x7f");
        break;
      default:
        bytes.resize(at + 1);
        break;
    }
  }
  return bytes;
}

TEST_F(TorchBin, DamagedPicklesReadOrThrow) {
  // In an archive that is in order, so that the damage reaches the pickle's reader.
  std::mt19937_64 random(1);
  int refused = 0;
  for (int i = 0; i < kMutations; ++i) {
    TorchFile torch = small_file();
    torch.protocol = i % 2 == 0 ? 2 : 4;
    write_torch_zip(path(), {{"a/data.pkl", damaged(torch_pickle(torch), random)},
                             {"a/data/0", torch.storages[0]},
                             {"a/data/1", torch.storages[1]}});
    const std::string result = message();
    refused += result != "no error" ? 1 : 0;
    ASSERT_EQ(result.find('\n'), std::string::npos) << result;
  }
  EXPECT_GT(refused, kMutations / 2) << "the damage must be damage";
  EXPECT_LT(refused, kMutations) << "some damage (to a name, to a flag) is still a file";
}

TEST_F(TorchBin, DamagedArchivesReadOrThrow) {
  std::mt19937_64 random(2);
  int refused = 0;
  for (const bool force64 : {false, true}) {
    write_torch_bin(path(), small_file(), force64);
    const std::string good = read_text_file(path());
    for (int i = 0; i < kMutations / 2; ++i) {
      const std::string result = message_of(damaged(good, random));
      refused += result != "no error" ? 1 : 0;
      ASSERT_EQ(result.find('\n'), std::string::npos) << result;
    }
  }
  EXPECT_GT(refused, kMutations / 2) << "the damage must be damage";
  EXPECT_LT(refused, kMutations) << "some damage (to padding, to a value) is still a file";
}

}  // namespace
}  // namespace nf
