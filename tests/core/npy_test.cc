#include "core/io/npy.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>

#include "core/base/check.h"
#include "core/io/read_file.h"
#include "tests/support/small_file_limit.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

/// An .npy file of version 1 or 2 with this header, unpadded.
std::string npy(const std::string& header, const std::string& data, int version = 1) {
  std::string out = "\x93NUMPY";
  out += static_cast<char>(version);
  out += '\0';
  std::size_t length = header.size();
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i, length >>= 8)
    out += static_cast<char>(length & 0xff);
  return out + header + data;
}

template <class T>
std::string raw(const std::vector<T>& values) {
  std::string out(values.size() * sizeof(T), '\0');
  std::memcpy(out.data(), values.data(), out.size());
  return out;
}

class Npy : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& bytes) const {
    std::ofstream(dir_ / "f.npy", std::ios::binary) << bytes;
    return dir_ / "f.npy";
  }
  /// The message without the directory.
  std::string message_of(const std::string& bytes) const {
    try {
      read_npy_ints(write(bytes));
    } catch (const DataError& error) {
      return std::string(error.what()).substr(dir_.path().string().size() + 1);
    }
    return "no error";
  }

  TempDir dir_;
};

const std::string kData6 = raw<std::int32_t>({0, 1, -2, 3, 4, 2147483647});

TEST_F(Npy, ReadsWhatNumPyWrites) {
  const std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }   \n";
  for (const int version : {1, 2}) {
    const NpyInts npy_ints = read_npy_ints(write(npy(header, kData6, version)));
    EXPECT_EQ(npy_ints.shape, (std::vector<Index>{2, 3}));
    EXPECT_EQ(npy_ints.values, (std::vector<std::int32_t>{0, 1, -2, 3, 4, 2147483647}));
  }
}

TEST_F(Npy, ReadsInt64AndVectorsAndEmptyOnes) {
  const NpyInts wide = read_npy_ints(write(
      npy("{'shape': (2,), 'descr': '<i8', 'fortran_order': False}", raw<std::int64_t>({-5, 7}))));
  EXPECT_EQ(wide.shape, (std::vector<Index>{2}));
  EXPECT_EQ(wide.values, (std::vector<std::int32_t>{-5, 7}));
  const NpyInts empty =
      read_npy_ints(write(npy("{'descr': '<i4', 'fortran_order': False, 'shape': (0, 5)}", "")));
  EXPECT_EQ(empty.shape, (std::vector<Index>{0, 5}));
  EXPECT_TRUE(empty.values.empty());
}

TEST_F(Npy, ErrorsNameTheCause) {
  const std::string good = "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }";
  const auto with = [](const std::string& descr, const std::string& order,
                       const std::string& shape) {
    return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  };
  const struct {
    std::string bytes, message;
  } table[] = {
      {"", "f.npy: not an .npy file"},
      {"PK\x03\x04 something else", "f.npy: not an .npy file"},
      {"\x93NUMPY", "f.npy: .npy version 0, expected 1 or 2"},
      {npy(good, kData6, 3), "f.npy: .npy version 3, expected 1 or 2"},
      {npy(good, kData6).substr(0, 9), "f.npy: truncated header"},
      {npy(good, kData6).substr(0, 20),
       "f.npy: truncated: the header has 59 bytes, only 10 are there"},
      {npy(good, kData6.substr(1)),
       "f.npy: shape (2, 3) of '<i4' needs 24 bytes, the file holds 23"},
      {npy(good, kData6 + "x"), "f.npy: shape (2, 3) of '<i4' needs 24 bytes, the file holds 25"},
      {npy(with("'<f4'", "False", "(2, 3)"), kData6),
       "f.npy: dtype '<f4', expected '<i4' (int32) or '<i8' (int64)"},
      {npy(with("'>i4'", "False", "(2, 3)"), kData6),
       "f.npy: dtype '>i4', expected '<i4' (int32) or '<i8' (int64)"},
      {npy(with("'<i4'", "True", "(2, 3)"), kData6),
       "f.npy: Fortran order is not read; save it with numpy.ascontiguousarray(...)"},
      {npy(with("'<i4'", "False", "()"), kData6),
       "f.npy: shape () has 0 dimensions, expected 1 or 2"},
      {npy(with("'<i4'", "False", "(1, 2, 3)"), kData6),
       "f.npy: shape (1, 2, 3) has 3 dimensions, expected 1 or 2"},
      {npy(with("'<i4'", "False", "(4611686018427387904, 4)"), kData6),
       "f.npy: shape (4611686018427387904, 4) has more bytes than 64 bits can count"},
      {npy(with("'<i4'", "False", "(9223372036854775808, 4)"), kData6),
       "f.npy: byte 79: a size above 2^63 in the header"},
      {npy(with("'<i4'", "False", "(-2, 3)"), kData6),
       "f.npy: byte 61: expected a non-negative integer in the header"},
      {npy(with("'<i4'", "Maybe", "(2, 3)"), kData6),
       "f.npy: byte 44: expected True or False in the header"},
      {npy(with("[('a', '<i4')]", "False", "(2, 3)"), kData6),
       "f.npy: byte 20: expected a string in the header"},
      {npy("{'descr': '<i4", kData6), "f.npy: byte 20: a string without its end in the header"},
      {npy("{'descr': '<i4', 'shape': (6,)}", kData6),
       "f.npy: byte 41: one of descr, fortran_order, shape is missing"},
      {npy("{'descr': '<i4', 'descr': '<i4'}", kData6),
       "f.npy: byte 35: unexpected or repeated key 'descr'"},
      {npy("{'descr': '<i4', 'order': 'C'}", kData6),
       "f.npy: byte 35: unexpected or repeated key 'order'"},
      {npy(good + "}", kData6), "f.npy: byte 69: expected the end of the header"},
      {npy("", kData6), "f.npy: byte 10: expected '{' in the header"},
      {npy(with("'<i8'", "False", "(3,)"), raw<std::int64_t>({1, 2, 3'000'000'000})),
       "f.npy: value 3000000000 at index 2 does not fit 32 bits"},
  };
  for (const auto& row : table) EXPECT_EQ(message_of(row.bytes), row.message);
}

TEST_F(Npy, WritesWhatNumPyReads) {
  const auto path = dir_ / "out.npy";
  NpyF32Writer writer(path, {2, 1, 2});
  writer.append(std::vector<float>{1.0f, -2.5f, 3.0f});
  EXPECT_FALSE(std::filesystem::exists(path));
  writer.append(std::vector<float>{});
  writer.append(std::vector<float>{4.0f});
  writer.close();
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 2), }";
  header.resize(128 - 10 - 1, ' ');  // values begin at a multiple of 64
  EXPECT_EQ(read_text_file(path), npy(header + "\n", raw<float>({1.0f, -2.5f, 3.0f, 4.0f})));
}

TEST_F(Npy, WritesOneSizeAsATuple) {
  NpyF32Writer writer(dir_ / "out.npy", {0});
  writer.close();
  EXPECT_NE(read_text_file(dir_ / "out.npy").find("'shape': (0,), }"), std::string::npos);
}

TEST_F(Npy, UnfinishedFilesNeverAppear) {
  const auto path = dir_ / "out.npy";
  {
    NpyF32Writer writer(path, {3});
    writer.append(std::vector<float>{1.0f});
    EXPECT_THROW(writer.close(), InternalError);
    EXPECT_THROW(writer.append(std::vector<float>(3)), InternalError);
  }
  {
    const SmallFileLimit limit(1000);
    NpyF32Writer writer(path, {1000});
    EXPECT_THROW(writer.append(std::vector<float>(1000)), DataError);
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

TEST_F(Npy, ReadsTheConformanceIds) {
  const char* const reference = std::getenv("NOISEFLOOR_REFERENCE_DIR");
  if (reference == nullptr) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR is not set";
  const NpyInts ids =
      read_npy_ints(std::filesystem::path(reference) / "conformance/opt/input_ids.npy");
  EXPECT_EQ(ids.shape, (std::vector<Index>{2, 48}));
  for (const std::int32_t id : ids.values) EXPECT_TRUE(id >= 0 && id < 320) << id;
}

}  // namespace
}  // namespace nf
