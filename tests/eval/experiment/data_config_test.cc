#include "eval/experiment/data_config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/config/yaml_reader.h"
#include "tests/support/config_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"
#include "tests/support/without_folder.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

class DataOfAnExperiment : public testing::Test {
 protected:
  DataConfig read(const std::string& yaml, ConfigErrors& errors) const {
    return DataConfig::fields().read(parse_yaml(yaml, (temp_ / "e.yaml").string(), errors), errors);
  }
  DataConfig read(const std::string& yaml) const {
    ConfigErrors errors;
    DataConfig data = read(yaml, errors);
    errors.throw_if_any();
    return data;
  }
  std::string message_of(const std::string& yaml) const {
    return without_folder(config_error_of([&] { read(yaml); }), temp_.path());
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(temp_ / name, std::ios::binary) << text;
  }

  TempDir temp_;
};

TEST_F(DataOfAnExperiment, FillsInDefaults) {
  write("a.txt", "some text");
  const DataConfig data = read("{text: a.txt, context: 16}");
  EXPECT_EQ(data.context, 16);
  EXPECT_FALSE(data.windows.has_value());
  EXPECT_EQ(data.bos, Bos::none);
  EXPECT_EQ(data.convention, Convention::window);
  EXPECT_FALSE(data.resolved().contains("stride"));
}

TEST_F(DataOfAnExperiment, ResolvesWithTheStrideInEffect) {
  write("a.txt", "some text");
  EXPECT_EQ(read("{text: a.txt, context: 17, convention: strided}").resolved()["stride"], 8);
  const Json resolved =
      read("{text: a.txt, context: 17, convention: strided, stride: 5}").resolved();
  EXPECT_EQ(resolved["stride"], 5);
  EXPECT_EQ(resolved["convention"], "strided");
}

TEST_F(DataOfAnExperiment, ReadsItsWindows) {
  write_tiny_tokenizer(temp_.path());
  DecoderSpec spec;
  spec.vocab_size = kTinyTokens;
  spec.bos_token_id = 0;
  const auto ids_of = [&](const std::string& yaml) {
    std::vector<std::vector<std::int32_t>> ids;
    for (const EvalItem& item : read(yaml).read_windows(temp_.path(), spec).items())
      ids.push_back(item.ids);
    return ids;
  };
  using Windows = std::vector<std::vector<std::int32_t>>;
  write("a.txt", "ab\r\n\ncd");  // byte for byte
  write("d.jsonl", "{\"body\": \"ab\"}\n\n{\"body\": \"cd\", \"text\": \"x\"}\n");
  write_npy(temp_ / "i.npy", "5,", {1, 2, 3, 4, 5});
  EXPECT_EQ(ids_of("{text: a.txt, context: 2}"), (Windows{{'a', 'b'}, {'\r', '\n'}, {'\n', 'c'}}));
  EXPECT_EQ(ids_of("{text: a.txt, context: 2, windows: 1}"), (Windows{{'a', 'b'}}));
  EXPECT_EQ(ids_of("{text: a.txt, context: 6, convention: strided, stride: 1}"),
            (Windows{{'a', 'b', '\r', '\n', '\n', 'c'}, {'b', '\r', '\n', '\n', 'c', 'd'}}));
  EXPECT_EQ(ids_of("{text: a.txt, context: 3, windows: 1, bos: window}"), (Windows{{0, 'a', 'b'}}));
  EXPECT_EQ(ids_of("{jsonl: d.jsonl, field: body, context: 2}"), (Windows{{'a', 'b'}, {'c', 'd'}}));
  EXPECT_EQ(ids_of("{ids: i.npy, context: 4, convention: llama.cpp}"), (Windows{{1, 2, 3, 4}}));
}

TEST_F(DataOfAnExperiment, NamesEachMistake) {
  write("a.txt", "text");
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"{context: 16}", "e.yaml:1:1: needs exactly one of: text, jsonl, ids"},
      {"{text: a.txt, jsonl: a.txt, context: 16}",
       "e.yaml:1:1: needs exactly one of: text, jsonl, ids"},
      {"{jsonl: a.txt, ids: a.txt, context: 16}",
       "e.yaml:1:1: needs exactly one of: text, jsonl, ids"},
      {"{ids: b.npy, context: 16}", "e.yaml:1:7: ids: no such file: b.npy"},
      {"{text: b.txt, context: 16}", "e.yaml:1:8: text: no such file: b.txt"},
      {"{text: ., context: 16}", "e.yaml:1:8: text: no such file: "},
      {"{text: a.txt}", "e.yaml:1:1: required key 'context' is missing"},
      {"{text: a.txt, context: 1}", "e.yaml:1:24: context: must be at least 2, is 1"},
      {"{text: a.txt, context: 16, windows: 0}", "e.yaml:1:37: windows: must be at least 1, is 0"},
      {"{text: a.txt, context: 16, field: body}", "e.yaml:1:35: field: only goes with jsonl"},
      {"{text: a.txt, context: 16, bos: windows}",
       "e.yaml:1:33: bos: unknown value 'windows'; did you mean 'window'?"},
      {"{text: a.txt, context: 16, convention: stride}",
       "e.yaml:1:40: convention: unknown value 'stride'; did you mean 'strided'?"},
      {"{text: a.txt, context: 16, stride: 4}",
       "e.yaml:1:36: stride: only goes with convention strided"},
      {"{text: a.txt, context: 16, convention: strided, stride: 0}",
       "e.yaml:1:57: stride: must be at least 1, is 0"},
      {"{text: a.txt, context: 16, convention: strided, stride: 17}",
       "e.yaml:1:57: stride: must be between 1 and 16, the context, is 17"},
      {"{text: a.txt, context: 16, convention: strided, stride: 16, bos: window}",
       "e.yaml:1:57: stride: must be between 1 and 15, the context without the bos token, is 16"},
      {"{text: a.txt, context: 2, convention: llama.cpp}",
       "e.yaml:1:24: context: must be at least 3 in convention llama.cpp, is 2"},
  };
  for (const auto& [yaml, message] : mistakes) EXPECT_EQ(message_of(yaml), message) << yaml;
}

}  // namespace
}  // namespace nf
