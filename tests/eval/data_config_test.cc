#include "eval/experiment/data_config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/config/yaml_reader.h"
#include "tests/support/config_support.h"
#include "tests/support/experiment_files.h"

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
    std::string message = config_error_of([&] { read(yaml); });
    const std::string folder = temp_.path().string() + "/";
    for (std::size_t at; (at = message.find(folder)) != std::string::npos;)
      message.erase(at, folder.size());
    return message;
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
  EXPECT_EQ(data.read_documents(), std::vector<std::string>{"some text"});
}

TEST_F(DataOfAnExperiment, TakesAFileAsOneDocumentByteForByte) {
  write("a.txt", "line\r\n\nnext\n");
  EXPECT_EQ(read("{text: a.txt, context: 16}").read_documents(),
            std::vector<std::string>{"line\r\n\nnext\n"});
}

TEST_F(DataOfAnExperiment, TakesEachJsonLineAsADocument) {
  write("d.jsonl", "{\"text\": \"a\", \"body\": \"one\"}\n\n{\"body\": \"two\"}\n");
  EXPECT_EQ(read("{jsonl: d.jsonl, field: body, context: 16}").read_documents(),
            (std::vector<std::string>{"one", "two"}));
}

TEST_F(DataOfAnExperiment, NamesTheJsonLineWithoutText) {
  write("d.jsonl", "{\"text\": \"a\"}\n{\"body\": \"two\"}\n");
  write("e.jsonl", "{\"text\": \"a\"}\n[1]\n");
  const auto data_error = [&](const std::string& yaml) -> std::string {
    try {
      read(yaml).read_documents();
    } catch (const DataError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(data_error("{jsonl: d.jsonl, context: 16}"),
            (temp_ / "d.jsonl").string() + ":2: no text under \"text\"");
  EXPECT_EQ(data_error("{jsonl: e.jsonl, context: 16}"),
            (temp_ / "e.jsonl").string() + ":2: not a JSON object");
}

TEST_F(DataOfAnExperiment, NamesEachMistake) {
  write("a.txt", "text");
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"{context: 16}", "e.yaml:1:1: needs exactly one of: text, jsonl"},
      {"{text: a.txt, jsonl: a.txt, context: 16}", "e.yaml:1:1: needs exactly one of: text, jsonl"},
      {"{text: b.txt, context: 16}", "e.yaml:1:8: text: no such file: b.txt"},
      {"{text: ., context: 16}", "e.yaml:1:8: text: no such file: "},
      {"{text: a.txt}", "e.yaml:1:1: required key 'context' is missing"},
      {"{text: a.txt, context: 1}", "e.yaml:1:24: context: must be at least 2, is 1"},
      {"{text: a.txt, context: 16, windows: 0}", "e.yaml:1:37: windows: must be at least 1, is 0"},
      {"{text: a.txt, context: 16, field: body}", "e.yaml:1:35: field: only goes with jsonl"},
      {"{text: a.txt, context: 16, bos: windows}",
       "e.yaml:1:33: bos: unknown value 'windows'; did you mean 'window'?"},
      {"{text: a.txt, context: 16, convention: strided}",
       "e.yaml:1:40: convention: unknown value 'strided'; known: window"},
  };
  for (const auto& [yaml, message] : mistakes) EXPECT_EQ(message_of(yaml), message) << yaml;
}

}  // namespace
}  // namespace nf
