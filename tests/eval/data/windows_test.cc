#include "eval/data/windows.h"

#include <gtest/gtest.h>

#include <numeric>

#include "core/base/error.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

using Ids = std::vector<std::int32_t>;

/// One token a letter: "abc" has merges, "X", "Y" and "Z" none.
const Tokenizer& letters() {
  static const TempDir dir;
  static const Tokenizer tokenizer = load_tokenizer(dir, small_tokenizer());
  return tokenizer;
}

constexpr std::int32_t kX = 6, kY = 7, kZ = 8, kBos = 42;

TokenWindows cut(const std::vector<std::string>& documents, const WindowOptions& options) {
  return TokenWindows::from_documents(documents, letters(), options, "text.txt");
}

/// One document of the tokens 100, 101, ...
TokenWindows cut_tokens(Index count, const WindowOptions& options) {
  Ids ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), 100);
  return TokenWindows::from_ids({ids}, options, "ids.npy");
}

std::vector<Ids> all(const TokenWindows& windows) {
  std::vector<Ids> result;
  for (const EvalItem& item : windows.items()) result.push_back(item.ids);
  return result;
}

/// The scored tokens, window by window.
std::vector<Ids> scored(const TokenWindows& windows) {
  std::vector<Ids> result;
  for (const EvalItem& item : windows.items()) {
    result.emplace_back();
    for (const Target& target : item.targets) result.back().push_back(target.token);
  }
  return result;
}

std::string error_of(const std::vector<std::string>& documents, const WindowOptions& options) {
  try {
    cut(documents, options);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TokenWindows, DoNotOverlapAndDropTheTail) {
  const TokenWindows windows = cut({"XYZXYZXY"}, {.context = 3});
  EXPECT_EQ(all(windows), (std::vector<Ids>{{kX, kY, kZ}, {kX, kY, kZ}}));
  EXPECT_TRUE(windows.warnings().empty());
  EXPECT_EQ(windows.convention(), "window/1");
  EXPECT_EQ(windows.context(), 3);
}

TEST(TokenWindows, ScoreAllButTheFirstToken) {
  EXPECT_EQ(scored(cut_tokens(7, {.context = 3})), (std::vector<Ids>{{101, 102}, {104, 105}}));
}

TEST(TokenWindows, AreItemsOfOnePartWithTheirPlaceInTheDraws) {
  const TokenWindows windows = cut_tokens(9, {.context = 4});
  ASSERT_EQ(windows.count(), 2);
  const EvalItem& item = windows.items()[1];
  EXPECT_EQ(item.parts, 1);
  EXPECT_EQ(item.first_row, 4);
  ASSERT_EQ(item.layout.segments.size(), 1u);
  EXPECT_EQ(item.layout.rows(), 4);
  EXPECT_EQ(item.layout.positions(), 4);
  EXPECT_EQ(item.bytes, -1);
  ASSERT_EQ(item.targets.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(item.targets[i].row, static_cast<Index>(i));
    EXPECT_EQ(item.targets[i].token, item.ids[i + 1]);
    EXPECT_EQ(item.targets[i].part, 0);
  }
}

TEST(TokenWindows, TakeATextShorterThanTheContextAsOneWindow) {
  const TokenWindows windows = cut({"XY"}, {.context = 5});
  EXPECT_EQ(all(windows), (std::vector<Ids>{{kX, kY}}));
  ASSERT_EQ(windows.warnings().size(), 1u);
  EXPECT_EQ(windows.warnings()[0],
            "text.txt: 1 of 1 document shorter than the context of 5 tokens; each is one shorter "
            "window");
}

TEST(TokenWindows, WindowDocumentsApart) {
  EXPECT_EQ(all(cut({"XYZX", "ZZ", "YYY"}, {.context = 2})),
            (std::vector<Ids>{{kX, kY}, {kZ, kX}, {kZ, kZ}, {kY, kY}}));
}

TEST(TokenWindows, SayTheirDocumentWhereThereAreSeveral) {
  const auto documents = [](const TokenWindows& windows) {
    std::vector<Index> numbers;
    for (const EvalItem& item : windows.items()) numbers.push_back(item.document);
    return numbers;
  };
  // The second gives no window: its number stays its place in the file.
  EXPECT_EQ(documents(cut({"XYZXY", "X", "ZYX"}, {.context = 2})), (std::vector<Index>{0, 0, 2}));
  EXPECT_EQ(documents(TokenWindows::from_ids({{1, 2, 3, 4}, {5, 6}}, {.context = 2}, "ids.npy")),
            (std::vector<Index>{0, 0, 1}));
  EXPECT_EQ(documents(cut({"XYZXY"}, {.context = 2})), (std::vector<Index>{-1, -1}));
}

TEST(TokenWindows, StopAtTheLimit) {
  EXPECT_EQ(cut({"XYZXYZXYZ"}, {.context = 3, .limit = 2}).count(), 2);
  EXPECT_EQ(cut({"XYZ", "XYZ", "XYZ"}, {.context = 3, .limit = 2}).count(), 2);
  EXPECT_EQ(cut({"XYZ", "\xff"}, {.context = 3, .limit = 1}).count(), 1);  // the rest is not read
}

TEST(TokenWindows, WarnWhereThereAreFewerThanAskedFor) {
  const TokenWindows windows = cut({"XYZXYZ"}, {.context = 3, .limit = 9});
  ASSERT_EQ(windows.warnings().size(), 1u);
  EXPECT_EQ(windows.warnings()[0], "text.txt: 2 windows, 9 were asked for");
}

TEST(TokenWindows, NeedATokenToScore) {
  EXPECT_EQ(error_of({""}, {.context = 3}),
            "text.txt: no window with a token to score; the text is empty or too short");
  EXPECT_EQ(error_of({"X"}, {.context = 3}),
            "text.txt: no window with a token to score; the text is empty or too short");
  EXPECT_EQ(error_of({"X"}, {.context = 3, .convention = Convention::strided}),
            "text.txt: no window with a token to score; the text is empty or too short");
  EXPECT_EQ(error_of({"XYZ"}, {.context = 4, .convention = Convention::llama_cpp}),
            "text.txt: no window with a token to score; the text is empty or too short, convention "
            "llama.cpp needs 4 tokens");
}

TEST(TokenWindows, NameTheOffsetOfInvalidUtf8) {
  const std::string one = error_of({"XY\xff"}, {.context = 2});
  EXPECT_TRUE(one.starts_with("text.txt: ")) << one;
  EXPECT_NE(one.find(" 2"), std::string::npos) << one;  // the offset
  EXPECT_TRUE(error_of({"XY", "X\xff"}, {.context = 2}).starts_with("text.txt: byte 1: "));
}

TEST(TokenWindows, HashTellsEverythingApartThatChangesANumber) {
  const std::string hash = cut({"XYZXYZ"}, {.context = 3}).hash();
  EXPECT_EQ(cut({"XYZXYZX"}, {.context = 3}).hash(), hash);  // the tail is not read
  EXPECT_NE(cut({"XYZXYY"}, {.context = 3}).hash(), hash);
  EXPECT_NE(cut({"XYZXYZ"}, {.context = 2}).hash(), hash);
  EXPECT_NE(cut({"XYZXYZ"}, {.context = 3, .limit = 1}).hash(), hash);
  EXPECT_NE(cut({"XYZ", "XYZ"}, {.context = 4}).hash(), cut({"XYZXYZ"}, {.context = 6}).hash());
  // The same windows, scored the same way: but another convention's figure.
  EXPECT_NE(cut_tokens(6, {.context = 6, .convention = Convention::strided}).hash(),
            cut_tokens(6, {.context = 6}).hash());
}

TEST(TokenWindows, CountTheBytesOfTheScoredTokens) {
  // "abc" is one token of three bytes.
  const TokenWindows windows = cut({"abcXabcabcYZ"}, {.context = 3});
  EXPECT_EQ(scored(windows), (std::vector<Ids>{{kX, 5}, {kY, kZ}}));
  EXPECT_EQ(windows.items()[0].bytes, 4);
  EXPECT_EQ(windows.items()[1].bytes, 2);
  for (const Convention convention :
       {Convention::window, Convention::strided, Convention::llama_cpp})
    for (const Bos bos : {Bos::none, Bos::document, Bos::window})
      for (const EvalItem& item :
           cut({"XYZXYZXYZX"}, {.context = 4, .convention = convention, .bos = bos, .bos_id = kBos})
               .items())
        EXPECT_EQ(item.bytes, static_cast<Index>(item.targets.size()));  // one a letter
}

TEST(TokenWindows, CutIdsThatAreThereAlready) {
  const TokenWindows windows =
      TokenWindows::from_ids({{1, 2, 3, 4, 5}, {6, 7}}, {.context = 2}, "ids.npy");
  EXPECT_EQ(all(windows), (std::vector<Ids>{{1, 2}, {3, 4}, {6, 7}}));
  EXPECT_EQ(windows.items()[0].bytes, -1);
}

TEST(StridedWindows, OverlapAndScoreWhatNoWindowBeforeThemHeld) {
  const TokenWindows windows =
      cut_tokens(9, {.context = 4, .convention = Convention::strided, .stride = 2});
  EXPECT_EQ(
      all(windows),
      (std::vector<Ids>{
          {100, 101, 102, 103}, {102, 103, 104, 105}, {104, 105, 106, 107}, {106, 107, 108}}));
  EXPECT_EQ(scored(windows), (std::vector<Ids>{{101, 102, 103}, {104, 105}, {106, 107}, {108}}));
  EXPECT_EQ(windows.items()[1].targets[0].row, 1);
  EXPECT_EQ(windows.items()[3].first_row, 12);
  EXPECT_EQ(windows.convention(), "strided/1");
  EXPECT_TRUE(windows.warnings().empty());
}

TEST(StridedWindows, BeginEveryHalfContextByDefault) {
  const WindowOptions options{.context = 5, .convention = Convention::strided};
  EXPECT_EQ(options.effective_stride(), 2);
  EXPECT_EQ(scored(cut_tokens(8, options)),
            (std::vector<Ids>{{101, 102, 103, 104}, {105, 106}, {107}}));
}

TEST(StridedWindows, EndWithTheFirstThatReachesTheEnd) {
  EXPECT_EQ(cut_tokens(8, {.context = 4, .convention = Convention::strided, .stride = 2}).count(),
            3);
  EXPECT_EQ(cut_tokens(4, {.context = 4, .convention = Convention::strided, .stride = 1}).count(),
            1);
  EXPECT_EQ(all(cut_tokens(3, {.context = 4, .convention = Convention::strided})),
            (std::vector<Ids>{{100, 101, 102}}));
}

TEST(StridedWindows, ThatDoNotOverlapLeaveOutTheFirstTokenOfEach) {
  const WindowOptions options{.context = 3, .convention = Convention::strided, .stride = 3};
  EXPECT_EQ(scored(cut_tokens(8, options)), (std::vector<Ids>{{101, 102}, {104, 105}, {107}}));
  EXPECT_EQ(cut_tokens(7, options).count(), 2);  // the last has nothing to score
}

TEST(StridedWindows, ScoreThoseOfTheTransformersDocumentation) {
  for (Index context = 2; context <= 7; ++context)
    for (Index stride = 1; stride <= context; ++stride)
      for (Index length = 2; length <= 25; ++length) {
        // Its loop: of tokens [begin, end) the last end - previous_end are labels; the model shifts
        // them by one, so that the label of a window's first token falls away.
        std::vector<Ids> expected;
        for (Index begin = 0, previous_end = 0; begin < length; begin += stride) {
          const Index end = std::min(begin + context, length);
          Ids labels;
          for (Index t = std::max(end - (end - previous_end), begin + 1); t < end; ++t)
            labels.push_back(static_cast<std::int32_t>(100 + t));
          if (!labels.empty()) expected.push_back(labels);
          previous_end = end;
          if (end == length) break;
        }
        EXPECT_EQ(
            scored(cut_tokens(
                length, {.context = context, .convention = Convention::strided, .stride = stride})),
            expected)
            << context << ' ' << stride << ' ' << length;
      }
}

TEST(StridedWindows, ScoreEveryTokenButTheFirstOnce) {
  constexpr Index kTokens = 23;
  for (const Bos bos : {Bos::none, Bos::document, Bos::window})
    for (Index stride = 1; stride <= 5; ++stride) {
      const TokenWindows windows = cut_tokens(kTokens, {.context = 6,
                                                        .convention = Convention::strided,
                                                        .stride = stride,
                                                        .bos = bos,
                                                        .bos_id = kBos});
      Ids tokens;
      for (const EvalItem& item : windows.items())
        for (const Target& target : item.targets) {
          tokens.push_back(target.token);
          // The row before the token predicts it.
          EXPECT_EQ(item.ids[static_cast<std::size_t>(target.row) + 1], target.token);
        }
      Ids expected(kTokens);
      std::iota(expected.begin(), expected.end(), 100);
      if (bos == Bos::none) expected.erase(expected.begin());
      EXPECT_EQ(tokens, expected) << static_cast<int>(bos) << ' ' << stride;
    }
}

TEST(LlamaCppWindows, ScoreTheSecondHalf) {
  const TokenWindows even = cut_tokens(14, {.context = 6, .convention = Convention::llama_cpp});
  EXPECT_EQ(all(even).back(), (Ids{106, 107, 108, 109, 110, 111}));
  EXPECT_EQ(scored(even), (std::vector<Ids>{{104, 105}, {110, 111}}));
  EXPECT_EQ(even.items()[1].targets[0].row, 3);
  EXPECT_EQ(even.convention(), "llama.cpp/1");
  const TokenWindows odd = cut_tokens(5, {.context = 5, .convention = Convention::llama_cpp});
  EXPECT_EQ(scored(odd), (std::vector<Ids>{{103, 104}}));
  const TokenWindows least = cut_tokens(3, {.context = 3, .convention = Convention::llama_cpp});
  EXPECT_EQ(scored(least), (std::vector<Ids>{{102}}));
}

TEST(LlamaCppWindows, LeaveShortDocumentsOut) {
  const TokenWindows windows =
      cut({"XYZX", "XY", "YYYY"}, {.context = 4, .convention = Convention::llama_cpp});
  EXPECT_EQ(all(windows), (std::vector<Ids>{{kX, kY, kZ, kX}, {kY, kY, kY, kY}}));
  ASSERT_EQ(windows.warnings().size(), 1u);
  EXPECT_EQ(windows.warnings()[0],
            "text.txt: 1 of 3 documents shorter than the context of 4 tokens; convention llama.cpp "
            "leaves them out");
}

TEST(BosToken, StandsBeforeEachDocument) {
  EXPECT_EQ(all(cut({"XYZ", "Z"}, {.context = 2, .bos = Bos::document, .bos_id = kBos})),
            (std::vector<Ids>{{kBos, kX}, {kY, kZ}, {kBos, kZ}}));
  const TokenWindows strided = cut_tokens(4, {.context = 4,
                                              .convention = Convention::strided,
                                              .stride = 2,
                                              .bos = Bos::document,
                                              .bos_id = kBos});
  EXPECT_EQ(all(strided), (std::vector<Ids>{{kBos, 100, 101, 102}, {101, 102, 103}}));
  EXPECT_EQ(scored(strided), (std::vector<Ids>{{100, 101, 102}, {103}}));
  const TokenWindows llama_cpp = cut_tokens(
      8, {.context = 4, .convention = Convention::llama_cpp, .bos = Bos::document, .bos_id = kBos});
  EXPECT_EQ(all(llama_cpp), (std::vector<Ids>{{kBos, 100, 101, 102}, {103, 104, 105, 106}}));
}

TEST(BosToken, StandsAtTheStartOfEachWindow) {
  const TokenWindows windows = cut_tokens(4, {.context = 3, .bos = Bos::window, .bos_id = kBos});
  EXPECT_EQ(all(windows), (std::vector<Ids>{{kBos, 100, 101}, {kBos, 102, 103}}));
  EXPECT_EQ(scored(windows), (std::vector<Ids>{{100, 101}, {102, 103}}));
  EXPECT_EQ(windows.items()[1].targets[0].row, 0);
  EXPECT_EQ(windows.items()[1].first_row, 3);

  const TokenWindows strided = cut_tokens(5, {.context = 4,
                                              .convention = Convention::strided,
                                              .stride = 2,
                                              .bos = Bos::window,
                                              .bos_id = kBos});
  EXPECT_EQ(all(strided), (std::vector<Ids>{{kBos, 100, 101, 102}, {kBos, 102, 103, 104}}));
  EXPECT_EQ(scored(strided), (std::vector<Ids>{{100, 101, 102}, {103, 104}}));
  EXPECT_EQ(strided.items()[1].targets[0].row, 1);
}

TEST(BosToken, TakesThePlaceOfTheFirstTokenInLlamaCppWindows) {
  // llama.cpp tokenizes with a bos in front, then overwrites each window's first token.
  const TokenWindows windows = cut_tokens(
      7, {.context = 4, .convention = Convention::llama_cpp, .bos = Bos::window, .bos_id = kBos});
  EXPECT_EQ(all(windows), (std::vector<Ids>{{kBos, 100, 101, 102}, {kBos, 104, 105, 106}}));
  EXPECT_EQ(scored(windows), (std::vector<Ids>{{102}, {106}}));
}

struct OptionsCase {
  WindowOptions options;
  std::string message;  ///< "option: cause", empty where there is no mistake
};

TEST(WindowOptions, NameTheOptionThatDoesNotFit) {
  constexpr Convention kStrided = Convention::strided, kLlamaCpp = Convention::llama_cpp;
  const std::vector<OptionsCase> cases = {
      {{.context = 2}, ""},
      {{.context = 3, .convention = kLlamaCpp}, ""},
      {{.context = 2, .convention = kLlamaCpp},
       "context: must be at least 3 in convention llama.cpp, is 2"},
      {{.context = 8, .stride = 4}, "stride: only goes with convention strided"},
      {{.context = 8, .convention = kLlamaCpp, .stride = 4},
       "stride: only goes with convention strided"},
      {{.context = 8, .convention = kStrided}, ""},
      {{.context = 2, .convention = kStrided, .bos = Bos::window}, ""},
      {{.context = 8, .convention = kStrided, .stride = 1}, ""},
      {{.context = 8, .convention = kStrided, .stride = 8}, ""},
      {{.context = 8, .convention = kStrided, .stride = 9},
       "stride: must be between 1 and 8, the context, is 9"},
      {{.context = 8, .convention = kStrided, .stride = 0},
       "stride: must be between 1 and 8, the context, is 0"},
      {{.context = 8, .convention = kStrided, .stride = 8, .bos = Bos::document}, ""},
      {{.context = 8, .convention = kStrided, .stride = 8, .bos = Bos::window},
       "stride: must be between 1 and 7, the context without the bos token, is 8"},
  };
  for (const OptionsCase& one : cases) {
    const std::optional<WindowOptionsError> error = find_error(one.options);
    EXPECT_EQ(error ? error->option + ": " + error->cause : "", one.message);
  }
}

}  // namespace
}  // namespace nf
