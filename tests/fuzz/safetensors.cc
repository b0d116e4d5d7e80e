/// Fuzzes open_safetensors: any bytes, and files that are right by construction.

#include "core/checkpoint/safetensors.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <utility>

#include "core/base/json.h"
#include "core/io/read_file.h"
#include "tests/fuzz/json_mutator.h"
#include "tests/fuzz/weights.h"
#include "tests/support/write_safetensors.h"

namespace nf {
namespace {

constexpr std::size_t kLengthBytes = 8;
std::uint64_t header_bytes(std::string_view file) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  return length;
}

/// The file as the format's definition has it, read a second time without the reader.
void check_places(const WeightFile& file, std::string_view bytes) {
  const std::uint64_t length = header_bytes(bytes);
  const Json header = Json::parse(bytes.substr(kLengthBytes, length));
  const Index data = static_cast<Index>(kLengthBytes + length);
  Index filled = 0;
  std::size_t count = 0;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") continue;
    ++count;
    const TensorInfo* const tensor = file.find(name);
    NF_FUZZ_CHECK(tensor != nullptr, "'{}' is lost", name);
    const Index begin = value.at("data_offsets").at(0).get<Index>();
    const Index end = value.at("data_offsets").at(1).get<Index>();
    NF_FUZZ_CHECK(tensor->begin == data + begin && tensor->bytes == end - begin,
                  "'{}' lies at [{}, +{})", name, tensor->begin, tensor->bytes);
    NF_FUZZ_CHECK(tensor->shape == value.at("shape").get<std::vector<Index>>() &&
                      dtype_name(tensor->dtype) == value.at("dtype").get<std::string>(),
                  "'{}' is {} {}", name, dtype_name(tensor->dtype), tensor->shape_text());
    const bool empty =
        std::find(tensor->shape.begin(), tensor->shape.end(), 0) != tensor->shape.end();
    NF_FUZZ_CHECK((empty ? 0 : product(tensor->shape, dtype_bytes(tensor->dtype))) == tensor->bytes,
                  "'{}' {} of {} in {} bytes", name, tensor->shape_text(),
                  dtype_name(tensor->dtype), tensor->bytes);
    filled += tensor->bytes;
  }
  NF_FUZZ_CHECK(count == file.tensors().size(), "{} tensors of {}", file.tensors().size(), count);
  NF_FUZZ_CHECK(data + filled == static_cast<Index>(bytes.size()),
                "tensors fill {} bytes behind {} of {}", filled, data, bytes.size());
}

/// Rows of up to 80 elements: the kernels take 4 to 16 at a time.
std::vector<TestTensor> make_tensors(std::string_view recipe) {
  FuzzedDataProvider source(reinterpret_cast<const std::uint8_t*>(recipe.data()), recipe.size());
  std::vector<TestTensor> tensors;
  const int count = source.ConsumeIntegralInRange(0, 5);
  for (int t = 0; t < count; ++t) {
    TestTensor tensor{.name = fmt::format("t{}", t), .shape = {}, .values = {}};
    tensor.dtype = source.PickValueInArray({Dtype::f32, Dtype::f16, Dtype::bf16});
    std::size_t elements = 1;
    for (int rank = source.ConsumeIntegralInRange(0, 3); rank > 0; --rank) {
      tensor.shape.push_back(source.ConsumeIntegralInRange(0, rank == 1 ? 80 : 7));
      elements *= static_cast<std::size_t>(tensor.shape.back());
    }
    const auto first = source.ConsumeIntegral<std::uint8_t>();
    for (std::size_t i = 0; i < elements; ++i)
      tensor.values.push_back(0.25f * static_cast<float>((37 * i + first) % 251) - 30.0f);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

/// The reader takes what the writer wrote, and gives every value back.
void check_recipe(std::string_view recipe) {
  const std::vector<TestTensor> tensors = make_tensors(recipe);
  const std::filesystem::path path = fuzz_folder() / "made.safetensors";
  write_safetensors(path, tensors);
  const WeightFile file = open_safetensors(path);
  NF_FUZZ_CHECK(file.tensors().size() == tensors.size(), "{} tensors", file.tensors().size());
  check_weights(file);
  for (const TestTensor& wanted : tensors) {
    const TensorInfo* const found = file.find(wanted.name);
    NF_FUZZ_CHECK(found != nullptr && found->shape == wanted.shape, "'{}'", wanted.name);
    if ((found->shape.size() != 1 && found->shape.size() != 2) || wanted.values.empty()) continue;
    Matrix out(found->rows(), found->cols());
    file.read_f32(*found, 0, out);
    NF_FUZZ_CHECK(std::equal(wanted.values.begin(), wanted.values.end(), out.data()),
                  "the values of '{}'", wanted.name);
  }
}

}  // namespace

void make_seeds(const SaveSeed& save) {
  const std::filesystem::path path = fuzz_folder() / "seed";
  const auto save_tensors = [&](const std::string& name, const std::vector<TestTensor>& tensors) {
    write_safetensors(path, tensors);
    save(name, read_text_file(path));
  };
  save_tensors("none", {});
  save_tensors("one", {{"a.weight", Dtype::f32, {2, 3}, {1, 2, 3, 4, 5, 6}}});
  save_tensors("several", {{"x", Dtype::f16, {4}, {1, -2, 0.5, 65504}},
                           {"layers.0.q_proj.weight", Dtype::bf16, {2, 2}, {1, 2, 3, 4}},
                           {"none", Dtype::f32, {0, 5}, {}},
                           {"scalar", Dtype::f32, {}, {7}},
                           {"cube", Dtype::f32, {1, 2, 2}, {1, 2, 3, 4}}});
  std::string header =
      R"({"__metadata__":{"format":"pt"},"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},)"
      R"("step":{"dtype":"I64","shape":[],"data_offsets":[3,11]},)"
      R"("wide":{"dtype":"F64","shape":[2,1],"data_offsets":[11,27]},)"
      R"("q":{"dtype":"F8_E4M3","shape":[5],"data_offsets":[27,32]}})";
  save("types", std::string(1, static_cast<char>(header.size())) + std::string(7, '\0') + header +
                    std::string(32, '\1'));
  std::string recipe(kRecipe);
  for (int i = 0; i < 100; ++i) recipe += static_cast<char>(i * 37);
  save("recipe", recipe);
}

}  // namespace nf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nf;
  const std::string_view input = as_text(data, size);
  if (input.starts_with(kRecipe)) {
    check_recipe(input.substr(kRecipe.size()));
    return 0;
  }
  const std::filesystem::path path = write_input("model.safetensors", input);
  accepts([&] {
    const WeightFile file = open_safetensors(path);
    check_places(file, input);
    check_weights(file);
  });
  return 0;
}

/// Changes the header as JSON, its bytes or the data, and mostly puts the length right: now and
/// then it is one too many or too few.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  using namespace nf;
  const std::string_view input = as_text(data, size);
  JsonMutator mutator(seed, fuzz_words());
  if (size < kLengthBytes || input.starts_with(kRecipe) || mutator.below(8) == 0 ||
      header_bytes(input) > size - kLengthBytes)
    return LLVMFuzzerMutate(data, size, most);
  const std::size_t length = header_bytes(input);
  std::string header(input.substr(kLengthBytes, length));
  std::string rest(input.substr(kLengthBytes + length));
  const std::size_t way = mutator.below(6);
  if (way == 0) {
    header = mutate_bytes(header);
  } else if (way == 1) {
    rest = mutate_bytes(rest);
  } else if (!mutator.mutate(header)) {
    return LLVMFuzzerMutate(data, size, most);
  }
  std::string changed(kLengthBytes, '\0');
  std::uint64_t new_length = header.size();
  if (mutator.below(16) == 0) new_length += mutator.below(3) - 1;
  std::memcpy(changed.data(), &new_length, kLengthBytes);
  return replace_input(changed + header + rest, data, size, most);
}
