#include "core/checkpoint/safetensors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <random>

#include "core/base/check.h"
#include "core/io/read_file.h"
#include "core/tensor/matrix.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_safetensors.h"

namespace nf {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int kMutations = 4000;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::string with_length(std::uint64_t length, const std::string& rest) {
  std::string out(sizeof length, '\0');
  std::memcpy(out.data(), &length, sizeof length);
  return out + rest;
}
std::string raw(const std::string& header, std::size_t data_bytes) {
  return with_length(header.size(), header + std::string(data_bytes, '\0'));
}
std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

class Safetensors : public testing::Test {
 protected:
  std::filesystem::path path() const { return dir_ / "f.safetensors"; }
  void write(const std::string& bytes) const {
    // A new file each time: some file systems wait for the disk where an old one is overwritten.
    std::filesystem::remove(path());
    std::ofstream(path(), std::ios::binary) << bytes;
  }
  /// Opens the file, reads every tensor; the message without the directory.
  std::string message() const {
    try {
      const WeightFile file = open_safetensors(path());
      for (const TensorInfo& tensor : file.tensors()) {
        Matrix out(tensor.rows(), tensor.cols());
        file.read_f32(tensor, 0, out);
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

TEST_F(Safetensors, ReadsEveryFloatType) {
  std::vector<float> values;
  for (int i = 0; i < 3 * 37; ++i) values.push_back(0.25f * static_cast<float>(i) - 8.0f);
  for (const Dtype dtype : {Dtype::f32, Dtype::f16, Dtype::bf16}) {
    write_safetensors(path(), {{"w", dtype, {3, 37}, values}, {"b", dtype, {2}, {1.0f, -2.0f}}});
    const WeightFile file = open_safetensors(path());
    ASSERT_EQ(file.tensors().size(), 2u);
    EXPECT_EQ(file.tensors()[0].name, "b") << "sorted by name";
    EXPECT_EQ(file.find("x"), nullptr);
    const TensorInfo& w = *file.find("w");
    EXPECT_EQ(w.dtype, dtype);
    EXPECT_EQ(w.shape_text(), "[3, 37]");
    EXPECT_EQ(w.rows(), 3);
    EXPECT_EQ(w.cols(), 37);
    Matrix all(3, 37);
    file.read_f32(w, 0, all);
    for (Index i = 0; i < all.size(); ++i)
      EXPECT_EQ(all.data()[i], values[static_cast<std::size_t>(i)]);
    // Two rows into a wider matrix: the columns beside them stay.
    Matrix wide(2, 40);
    wide.fill(99.0f);
    file.read_f32(w, 1, wide.view().middle_cols(1, 37));
    for (Index r = 0; r < 2; ++r) {
      EXPECT_EQ(wide(r, 0), 99.0f);
      EXPECT_EQ(wide(r, 38), 99.0f);
      for (Index c = 0; c < 37; ++c) EXPECT_EQ(wide(r, c + 1), all(r + 1, c));
    }
    Matrix b(1, 2);
    file.read_f32(*file.find("b"), 0, b);
    EXPECT_EQ(b(0, 1), -2.0f);
  }
}

TEST_F(Safetensors, WrongCallsAreOurBugs) {
  write_safetensors(path(), {{"w", Dtype::f32, {2, 2}, {1, 2, 3, 4}}});
  const WeightFile file = open_safetensors(path());
  Matrix narrow(2, 1), tall(3, 2), good(1, 2);
  EXPECT_THROW(file.read_f32(*file.find("w"), 0, narrow), InternalError);
  EXPECT_THROW(file.read_f32(*file.find("w"), 0, tall), InternalError);
  EXPECT_THROW(file.read_f32(*file.find("w"), 2, good), InternalError);
  EXPECT_THROW(file.read_f32(*file.find("w"), -1, good), InternalError);
}

TEST_F(Safetensors, AcceptsWhatTheFormatAllows) {
  EXPECT_EQ(message_of(raw("{}", 0)), "no error");
  EXPECT_EQ(message_of(raw("{}      ", 0)), "no error");
  EXPECT_EQ(message_of(raw("{\"__metadata__\":{\"a\":\"b\"}}", 0)), "no error");
  // Empty tensors, and an odd start of the data.
  EXPECT_EQ(message_of(raw("{" + entry("a", "F32", "[0,3]", "[0,0]") + "," +
                               entry("b", "F16", "[3]", "[0,6]") + "," +
                               entry("c", "F16", "[0]", "[6,6]") + "}",
                           6)),
            "no error");
}

TEST_F(Safetensors, OtherTypesAreListedButNotRead) {
  std::string header;
  Index end = 0;
  const auto add = [&](const std::string& name, const std::string& dtype, const std::string& shape,
                       Index bytes) {
    header += (header.empty() ? "" : ",") +
              entry(name, dtype, shape,
                    "[" + std::to_string(end) + "," + std::to_string(end + bytes) + "]");
    end += bytes;
  };
  for (const std::string& dtype : dtype_names())
    if (!is_weight_dtype(*dtype_from_name(dtype)))
      add(dtype, dtype, "[2]", 2 * dtype_bytes(*dtype_from_name(dtype)));
  add("cube", "F32", "[1,1,1]", 4);
  add("scalar", "F32", "[]", 4);
  write(raw("{" + header + "}", static_cast<std::size_t>(end)));
  const WeightFile file = open_safetensors(path());
  ASSERT_EQ(file.tensors().size(), 15u);
  for (const TensorInfo& tensor : file.tensors()) {
    const std::string cause =
        tensor.name == "cube" ? "shape [1, 1, 1] has 3 dimensions, expected 1 or 2"
        : tensor.name == "scalar"
            ? "shape [] has 0 dimensions, expected 1 or 2"
            : "dtype " + tensor.name + " cannot be read as numbers, only F32, F16, BF16 and F64";
    Matrix out(tensor.rows(), tensor.cols());
    try {
      file.read_f32(tensor, 0, out);
      FAIL() << "no error";
    } catch (const DataError& error) {
      EXPECT_EQ(error.what(), path().string() + ": tensor '" + tensor.name + "': " + cause);
    }
  }
}

TEST_F(Safetensors, CorruptFilesNamePlaceAndCause) {
  const std::string a = entry("a", "F32", "[2]", "[0,8]");
  const std::string fine = raw("{" + a + "}", 8);
  ASSERT_EQ(message_of(fine), "no error");
  const auto one = [](const std::string& dtype, const std::string& shape,
                      const std::string& offsets) {
    return raw("{" + entry("a", dtype, shape, offsets) + "}", 8);
  };
  const struct {
    std::string bytes, message;
  } table[] = {
      {"", "truncated: 0 bytes, a safetensors file begins with 8 of header length"},
      {"abc", "truncated: 3 bytes, a safetensors file begins with 8 of header length"},
      {with_length(100'000'001, "{}"),
       "header length 100000001 is above the format's limit of 100000000; is this a safetensors "
       "file?"},
      {with_length(UINT64_MAX, "{}"),
       "header length 18446744073709551615 is above the format's limit of 100000000; is this a "
       "safetensors file?"},
      {fine.substr(0, 20), "truncated: the header has 54 bytes, only 12 are there"},
      {with_length(3, "{}"), "truncated: the header has 3 bytes, only 2 are there"},
      {raw("", 0),
       "byte 8: syntax error while parsing value - unexpected end of input; expected '[', '{', or "
       "a literal"},
      {raw("{\"a\":}", 0),
       "byte 13: syntax error while parsing value - unexpected '}'; expected '[', '{', or a "
       "literal"},
      {raw("[]", 0), "the header is not a JSON object but of type array"},
      {raw("{" + a + "," + a + "}", 8),
       fmt::format("byte {}: key 'a' appears twice", 8 + 1 + a.size() + 1)},
      {raw("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0),
       "byte 28: key 'dtype' appears twice"},
      {raw("{\"a\":7}", 0),
       "tensor 'a': expected an object with dtype, shape and data_offsets, found 7"},
      {raw("{\"a\":{}}", 0), "tensor 'a': dtype is missing"},
      {raw("{\"a\":{\"dtype\":\"F32\"}}", 0), "tensor 'a': shape is missing"},
      {raw("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 0), "tensor 'a': data_offsets is missing"},
      {raw("{\"a\":{\"dtype\":5}}", 0), "tensor 'a': dtype is 5, expected a name"},
      {one("F31", "[2]", "[0,8]"), "tensor 'a': unknown dtype 'F31'; did you mean 'F32'?"},
      {one("F32", "2", "[0,8]"),
       "tensor 'a': shape is 2, expected an array of non-negative integers"},
      {one("F32", "[-2]", "[0,8]"),
       "tensor 'a': shape is [-2], expected an array of non-negative integers"},
      {one("F32", "[2.0]", "[0,8]"),
       "tensor 'a': shape is [2.0], expected an array of non-negative integers"},
      {one("F32", "[9223372036854775808]", "[0,8]"),
       "tensor 'a': shape is [9223372036854775808], expected an array of non-negative integers"},
      {one("F32", "[4611686018427387904,4]", "[0,8]"),
       "tensor 'a': shape [4611686018427387904, 4] of F32 has more bytes than 64 bits can count"},
      {one("F32", "[0,9223372036854775807]", "[0,0]"),
       "tensor 'a': shape [0, 9223372036854775807] of F32 has more bytes than 64 bits can count"},
      {one("F32", "[2]", "[0]"),
       "tensor 'a': data_offsets is [0], expected [begin, end] with 0 <= begin <= end"},
      {one("F32", "[2]", "[8,0]"),
       "tensor 'a': data_offsets is [8,0], expected [begin, end] with 0 <= begin <= end"},
      {one("F32", "[2]", "[-8,0]"),
       "tensor 'a': data_offsets is [-8,0], expected [begin, end] with 0 <= begin <= end"},
      {one("F32", "[3]", "[0,8]"),
       "tensor 'a': data_offsets [0, 8] hold 8 bytes, shape [3] of F32 needs 12"},
      {one("F16", "[2]", "[0,8]"),
       "tensor 'a': data_offsets [0, 8] hold 8 bytes, shape [2] of F16 needs 4"},
      {fine.substr(0, fine.size() - 1),
       "tensor 'a': data_offsets [0, 8] end beyond the 7 bytes of data in the file; is the file "
       "truncated?"},
      {one("F32", "[2]", "[9223372036854775799,9223372036854775807]"),
       "tensor 'a': data_offsets [9223372036854775799, 9223372036854775807] end beyond the 8 bytes "
       "of data in the file; is the file truncated?"},
      {raw("{" + a + "," + entry("b", "F32", "[2]", "[4,12]") + "}", 12),
       "tensor 'b': data_offsets [4, 12] overlap the tensor before, which ends at 8"},
      {raw("{" + a + "," + entry("b", "F32", "[2]", "[0,8]") + "}", 8),
       "tensor 'b': data_offsets [0, 8] overlap the tensor before, which ends at 8"},
      {raw("{" + a + "," + entry("b", "F32", "[2]", "[12,20]") + "}", 20),
       "tensor 'b': data_offsets [12, 20] leave a hole: the tensors before end at 8"},
      {fine + "pad", "the tensors end at byte 70, the file at 73; the last one is 'a'"},
      {raw("{}", 3), "the tensors end at byte 10, the file at 13"},
  };
  for (const auto& row : table) EXPECT_EQ(message_of(row.bytes), "f.safetensors: " + row.message);
}

TEST_F(Safetensors, NonFiniteValuesNameTheirPlace) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f16, Dtype::bf16}) {
    std::vector<float> values(3 * 50, 1.0f);
    values[2 * 50 + 41] = kNan;
    write_safetensors(path(), {{"w", dtype, {3, 50}, values}});
    EXPECT_EQ(message(), "f.safetensors: tensor 'w': NaN at [2, 41]");
    values[1 * 50 + 7] = -kInfinity;  // comes first
    write_safetensors(path(), {{"w", dtype, {3, 50}, values}});
    EXPECT_EQ(message(), "f.safetensors: tensor 'w': infinity at [1, 7]");
    write_safetensors(path(), {{"b", dtype, {3}, {1.0f, 2.0f, kNan}}});
    EXPECT_EQ(message(), "f.safetensors: tensor 'b': NaN at [2]");
    // The row is counted from the tensor's first, not from the first one read.
    write_safetensors(path(), {{"w", dtype, {3, 50}, values}});
    const WeightFile file = open_safetensors(path());
    Matrix row(1, 50);
    try {
      file.read_f32(*file.find("w"), 2, row);
      FAIL() << "no error";
    } catch (const DataError& error) {
      EXPECT_EQ(error.what(), path().string() + ": tensor 'w': NaN at [2, 41]");
    }
    file.read_f32(*file.find("w"), 0, row);
  }
}

TEST_F(Safetensors, MessagesStayOneShortLine) {
  const std::string message =
      message_of(raw("{\"a\\nb" + std::string(5000, 'x') + "\":{\"dtype\":\"\\n\"}}", 0));
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_LT(message.size(), 500u);
}

/// Damages `bytes` in one of the ways in which files get damaged, mostly in the header.
std::string damaged(std::string bytes, std::size_t header_end, std::mt19937_64& random) {
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::size_t edits = 1 + below(3);
  for (std::size_t i = 0; i < edits; ++i) {
    const std::size_t at = below(below(4) == 0 ? bytes.size() : header_end) % bytes.size();
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 2:
        bytes[at] = "0123456789[]{},:\"-eE. "[below(22)];
        break;
      case 3:
        bytes.erase(at, 1 + below(4));
        break;
      case 4:
        bytes.insert(at, bytes.substr(below(bytes.size()), below(12)));
        break;
      default:
        bytes.resize(at + 1);
        break;
    }
    if (bytes.empty()) return bytes;
  }
  return bytes;
}

TEST_F(Safetensors, DamagedFilesReadOrThrow) {
  write_safetensors(path(), {{"embed", Dtype::f16, {5, 4}, std::vector<float>(20, 0.5f)},
                             {"norm", Dtype::f32, {4}, std::vector<float>(4, 1.0f)},
                             {"head", Dtype::bf16, {2, 3}, std::vector<float>(6, -2.0f)}});
  const std::string good = read_text_file(path());
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, good.data(), sizeof header_bytes);
  std::mt19937_64 random(1);
  int refused = 0;
  for (int i = 0; i < kMutations; ++i) {
    const std::string bytes = damaged(good, 8 + header_bytes, random);
    const std::string result = message_of(bytes);
    refused += result != "no error" ? 1 : 0;
    ASSERT_EQ(result.find('\n'), std::string::npos) << result;
  }
  EXPECT_GT(refused, kMutations / 2) << "the damage must be damage";
  EXPECT_LT(refused, kMutations) << "some damage (to a value, to a name) is still a file";
}

}  // namespace
}  // namespace nf
