#include "eval/data/read_windows.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/io/gzip.h"
#include "core/io/json_lines.h"
#include "core/io/npy.h"

namespace nf {

TokenWindows read_windows(const DataSource& source, WindowOptions options,
                          const std::filesystem::path& model_dir, const DecoderSpec& spec) {
  if (options.bos != Bos::none) {
    NF_CHECK(spec.bos_token_id, "{}: bos without a bos_token_id", model_dir.string());
    options.bos_id = static_cast<std::int32_t>(*spec.bos_token_id);
  }
  const std::string name = source.file.string();
  if (source.kind == DataSource::Kind::ids)
    return TokenWindows::from_ids(read_id_documents(source.file, spec.vocab_size), options, name);
  const std::vector<std::string> documents =
      source.kind == DataSource::Kind::jsonl
          ? read_jsonl_documents(source.file, source.field)
          : std::vector<std::string>{read_gzip_or_text_file(source.file)};
  return TokenWindows::from_documents(documents, Tokenizer::load(model_dir), options, name);
}

std::vector<std::string> read_jsonl_documents(const std::filesystem::path& path,
                                              const std::string& field) {
  std::vector<std::string> documents;
  for_each_line(path, [&](std::string_view line, const std::string& place) {
    const Json json = parse_json_line(line, place);
    const auto value = json.find(field);
    if (value == json.end() || !value->is_string())
      throw DataError(fmt::format("{}: no text under \"{}\"", place, field));
    documents.push_back(value->get<std::string>());
    return true;
  });
  return documents;
}

std::vector<std::vector<std::int32_t>> read_id_documents(const std::filesystem::path& path,
                                                         Index vocab_size) {
  const NpyInts array = read_npy_ints(path);
  const bool is_table = array.shape.size() == 2;
  const Index length = array.shape.back();
  const auto is_outside = [vocab_size](std::int32_t id) { return id < 0 || id >= vocab_size; };
  const auto bad = std::find_if(array.values.begin(), array.values.end(), is_outside);
  if (bad != array.values.end()) {
    const Index at = bad - array.values.begin();
    throw DataError(fmt::format(
        "{}: [{}]: token id {} is outside the vocabulary of the model, vocab_size {}",
        path.string(),
        is_table ? fmt::format("{}, {}", at / length, at % length) : fmt::format("{}", at), *bad,
        vocab_size));
  }
  std::vector<std::vector<std::int32_t>> documents;
  for (auto row = array.values.begin(); row != array.values.end(); row += length)
    documents.emplace_back(row, row + length);
  return documents;
}

}  // namespace nf
