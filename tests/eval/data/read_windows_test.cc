#include "eval/data/read_windows.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "tests/support/gzip.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

using Kind = DataSource::Kind;
using Documents = std::vector<std::vector<std::int32_t>>;

class EvaluationData : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(temp_ / name, std::ios::binary) << text;
  }
  DecoderSpec spec() const {
    DecoderSpec spec;
    spec.vocab_size = kTinyTokens;
    spec.bos_token_id = 7;
    return spec;
  }
  TokenWindows read(Kind kind, const std::string& file, const WindowOptions& options) const {
    return read_windows({.kind = kind, .file = temp_ / file}, options, temp_.path(), spec());
  }
  /// The message of a DataError, without the folder.
  template <class Action>
  std::string error_of(const Action& action) const {
    try {
      action();
    } catch (const DataError& error) {
      const std::string message = error.what(), folder = temp_.path().string() + "/";
      return message.starts_with(folder) ? message.substr(folder.size()) : message;
    }
    return "no error";
  }

  TempDir temp_;
};

TEST_F(EvaluationData, IsAFileAsOneDocumentByteForByte) {
  write_tiny_tokenizer(temp_.path());
  write("a.txt", "\tx\r\n\nyz\n");
  const TokenWindows windows = read(Kind::text, "a.txt", {.context = 8});
  ASSERT_EQ(windows.count(), 1);
  EXPECT_EQ(windows.items()[0].ids,
            (std::vector<std::int32_t>{'\t', 'x', '\r', '\n', '\n', 'y', 'z', '\n'}));
  EXPECT_EQ(windows.items()[0].bytes, 7);
}

TEST_F(EvaluationData, IsTheSamePackedAsGzip) {
  write_tiny_tokenizer(temp_.path());
  write("a.txt.gz", gzip("some ") + gzip("text\n"));
  write("a.txt", "some text\n");
  const TokenWindows packed = read(Kind::text, "a.txt.gz", {.context = 4});
  const TokenWindows plain = read(Kind::text, "a.txt", {.context = 4});
  ASSERT_EQ(packed.count(), plain.count());
  for (std::size_t i = 0; i < packed.items().size(); ++i) {
    EXPECT_EQ(packed.items()[i].ids, plain.items()[i].ids);
    EXPECT_EQ(packed.items()[i].bytes, plain.items()[i].bytes);
  }
  write("d.jsonl.gz", gzip("{\"text\": \"one\"}\n[1]\n"));
  EXPECT_EQ(error_of([&] { read_jsonl_documents(temp_ / "d.jsonl.gz", "text"); }),
            "d.jsonl.gz:2: not a JSON object");
  write("cut.gz", gzip("some text").substr(0, 20));
  EXPECT_EQ(error_of([&] { read(Kind::text, "cut.gz", {.context = 4}); }),
            "cut.gz: ends in the middle of its gzip data; is the copy of the file whole?");
}

TEST_F(EvaluationData, TakesTheBosTokenFromTheModel) {
  write_tiny_tokenizer(temp_.path());
  write("a.txt", "xyz");
  EXPECT_EQ(read(Kind::text, "a.txt", {.context = 4, .bos = Bos::document}).items()[0].ids,
            (std::vector<std::int32_t>{7, 'x', 'y', 'z'}));
}

TEST_F(EvaluationData, IsEachJsonLineAsADocument) {
  write("d.jsonl", "{\"text\": \"a\", \"body\": \"one\"}\n\n{\"body\": \"two\"}\n");
  EXPECT_EQ(read_jsonl_documents(temp_ / "d.jsonl", "body"),
            (std::vector<std::string>{"one", "two"}));
}

TEST_F(EvaluationData, NamesTheJsonLineWithoutText) {
  write("d.jsonl", "{\"text\": \"a\"}\n{\"body\": \"two\"}\n");
  write("e.jsonl", "{\"text\": \"a\"}\n[1]\n");
  EXPECT_EQ(error_of([&] { read_jsonl_documents(temp_ / "d.jsonl", "text"); }),
            "d.jsonl:2: no text under \"text\"");
  EXPECT_EQ(error_of([&] { read_jsonl_documents(temp_ / "e.jsonl", "text"); }),
            "e.jsonl:2: not a JSON object");
  write("f.jsonl", "{\"text\":\"a b c d e f\",\"score\":NaN}\n");
  EXPECT_EQ(error_of([&] { read_jsonl_documents(temp_ / "f.jsonl", "text"); }),
            "f.jsonl:1: byte 30: NaN is no JSON");
}

TEST_F(EvaluationData, IsTokenIdsWithoutATokenizer) {
  write_npy(temp_ / "one.npy", "5,", {1, 2, 3, 4, 5});
  write_npy(temp_ / "two.npy", "2, 3", {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(read_id_documents(temp_ / "one.npy", 10), (Documents{{1, 2, 3, 4, 5}}));
  EXPECT_EQ(read_id_documents(temp_ / "two.npy", 10), (Documents{{1, 2, 3}, {4, 5, 6}}));
  const TokenWindows windows = read(Kind::ids, "two.npy", {.context = 2});
  ASSERT_EQ(windows.count(), 2);
  EXPECT_EQ(windows.items()[1].ids, (std::vector<std::int32_t>{4, 5}));
  EXPECT_EQ(windows.items()[1].bytes, -1);
  const TokenWindows with_bos = read(Kind::ids, "two.npy", {.context = 4, .bos = Bos::document});
  EXPECT_EQ(with_bos.items()[1].ids, (std::vector<std::int32_t>{7, 4, 5, 6}));
}

TEST_F(EvaluationData, NamesTheIdThatIsNotInTheVocabulary) {
  write_npy(temp_ / "one.npy", "5,", {1, 2, 3, 10, 5});
  write_npy(temp_ / "two.npy", "2, 3", {1, 2, 3, 4, 5, -1});
  EXPECT_EQ(read_id_documents(temp_ / "one.npy", 11).size(), 1u);
  EXPECT_EQ(error_of([&] { read_id_documents(temp_ / "one.npy", 10); }),
            "one.npy: [3]: token id 10 is outside the vocabulary of the model, vocab_size 10");
  EXPECT_EQ(error_of([&] { read_id_documents(temp_ / "two.npy", 10); }),
            "two.npy: [1, 2]: token id -1 is outside the vocabulary of the model, vocab_size 10");
}

TEST_F(EvaluationData, NeedsATokenToScore) {
  write_npy(temp_ / "none.npy", "0,", {});
  write_npy(temp_ / "empty.npy", "2, 0", {});
  for (const std::string file : {"none.npy", "empty.npy"})
    EXPECT_EQ(error_of([&] { read(Kind::ids, file, {.context = 2}); }),
              file + ": no window with a token to score; the text is empty or too short");
}

}  // namespace
}  // namespace nf
