/// Fuzzes read_npy_ints: any bytes, and files of which it is known whether they are right.

#include "core/io/npy.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <cstring>

#include "tests/fuzz/fuzz.h"

namespace nf {
namespace {

/// The values are the last bytes of the file, as many as the shape says.
void check_values(const NpyInts& ints, std::string_view bytes) {
  const Index count = static_cast<Index>(ints.values.size());
  Index wanted = 1;
  for (const Index size : ints.shape) wanted *= size;
  NF_FUZZ_CHECK(count == wanted && (ints.shape.size() == 1 || ints.shape.size() == 2), "{} values",
                count);
  const bool wide = bytes.substr(0, bytes.find('\n')).find("<i8") != std::string_view::npos;
  const std::size_t width = wide ? 8 : 4;
  NF_FUZZ_CHECK(ints.values.size() * width <= bytes.size(), "{} values in {} bytes", count,
                bytes.size());
  const std::string_view data = bytes.substr(bytes.size() - ints.values.size() * width);
  for (std::size_t i = 0; i < ints.values.size(); ++i) {
    std::int64_t value = 0;
    std::int32_t narrow = 0;
    std::memcpy(&value, data.data() + i * width, width);
    std::memcpy(&narrow, data.data() + i * width, sizeof narrow);
    NF_FUZZ_CHECK((!wide || value == narrow) && ints.values[i] == narrow, "value {} is {}", i,
                  ints.values[i]);
  }
}

struct Made {
  std::string bytes;
  bool sound = true;
};

/// A file of the format's definition, or one that has a byte too many or too few, or a value that
/// 32 bits do not hold.
Made make_file(FuzzedDataProvider& source) {
  Made made;
  const bool wide = source.ConsumeBool();
  const bool second_version = source.ConsumeBool();
  const int rank = source.ConsumeIntegralInRange(1, 2);
  std::string shape;
  std::size_t count = 1;
  for (int i = 0; i < rank; ++i) {
    const auto size = source.ConsumeIntegralInRange<std::size_t>(0, 12);
    shape += fmt::format("{}{},", i > 0 ? " " : "", size);
    count *= size;
  }
  if (rank == 2) shape.pop_back();
  std::string header = fmt::format("{{'descr': '<i{}', 'fortran_order': False, 'shape': ({}), }}",
                                   wide ? 8 : 4, shape);
  header += std::string(source.ConsumeIntegralInRange<std::size_t>(0, 63), ' ') + '\n';
  made.bytes = std::string("\x93NUMPY") + (second_version ? '\2' : '\1') + '\0';
  for (int i = 0; i < (second_version ? 4 : 2); ++i)
    made.bytes += static_cast<char>(header.size() >> (8 * i));
  made.bytes += header;
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t value = source.ConsumeIntegral<std::int32_t>();
    if (wide && source.ConsumeIntegralInRange(0, 63) == 63) {
      value = source.PickValueInArray<std::int64_t>(
          {std::int64_t{INT32_MAX} + 1, std::int64_t{INT32_MIN} - 1, INT64_MAX, INT64_MIN});
      made.sound = false;
    }
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    made.bytes.append(bytes, wide ? 8 : 4);
  }
  const int spoilt = source.ConsumeIntegralInRange(0, 7);
  if (spoilt == 6) made.bytes += 'x';
  if (spoilt == 7) made.bytes.pop_back();
  made.sound = made.sound && spoilt < 6;
  return made;
}

}  // namespace

void make_seeds(const SaveSeed& save) {
  std::string recipe(kRecipe);
  for (int i = 0; i < 100; ++i) recipe += static_cast<char>(i * 37);
  save("recipe", recipe);
  for (const int salt : {3, 5, 7, 11}) {
    std::vector<std::uint8_t> bytes;
    for (int i = 0; i < 200; ++i) bytes.push_back(static_cast<std::uint8_t>(i * i * salt));
    FuzzedDataProvider source(bytes.data(), bytes.size());
    save(fmt::format("file-{}", salt), make_file(source).bytes);
  }
}

}  // namespace nf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nf;
  const std::string_view input = as_text(data, size);
  const bool is_recipe = input.starts_with(kRecipe);
  Made made{std::string(input)};
  if (is_recipe) {
    FuzzedDataProvider source(data + kRecipe.size(), size - kRecipe.size());
    made = make_file(source);
  }
  const std::filesystem::path path = write_input("ids.npy", made.bytes);
  const bool taken = accepts([&] { check_values(read_npy_ints(path), made.bytes); });
  NF_FUZZ_CHECK(!is_recipe || taken == made.sound, "a file that is {} was {}",
                made.sound ? "sound" : "spoilt", taken ? "taken" : "refused");
  return 0;
}
