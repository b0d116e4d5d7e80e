#include "core/config/yaml_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "tests/support/config_support.h"

namespace nf {
namespace {

struct Case {
  const char* text;
  const char* message;
};

/// Mistakes the reader itself finds, each with its full message.
constexpr Case kMistakes[] = {
    {"", "f.yaml:1:1: there is nothing in it"},
    {"# a comment\n", "f.yaml:1:1: there is nothing in it"},
    {"~\n", "f.yaml:1:1: there is nothing in it"},
    {"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: key 'a' is given twice; it stands on line 1 already"},
    {"trials:\n  - {name: x}\n  - {name: x,\n     name: y}\n",
     "f.yaml:4:6: trials[1]: key 'name' is given twice; it stands on line 3 already"},
    {"a: &x {p: 1}\nb:\n  <<: *x\n",
     "f.yaml:3:3: b: merge keys ('<<') are not read; give keys that several places share under "
     "'defaults' at the top level, or whole values by an anchor (&name, *name)"},
    {"a: 1\n---\nb: 2\n",
     "f.yaml:2:1: a second document begins here, but only one is read; is the indentation right?"},
    {"a: &x [1, *x]\n", "f.yaml:1:11: an alias cannot stand inside what it refers to"},
    {"a: !!int 5\n", "f.yaml:1:4: tags such as 'tag:yaml.org,2002:int' are not read"},
    {"? [a, b]\n: 1\n", "f.yaml:1:3: a list cannot be a key"},
    {"a: {b: 1\nc: 2\n",
     "f.yaml:2:2: not valid YAML: a '{' is not closed; text with commas or brackets needs quotes"},
    {"a: [1, 2\nc: 2\n",
     "f.yaml:2:2: not valid YAML: a '[' is not closed; text with commas or brackets needs quotes"},
    {"a: {b: ${r}, c: 1}\n",
     "f.yaml:1:9: not valid YAML: in {} and [] a variable needs quotes: \"${r}\""},
    {"a: [1, ${r}]\n",
     "f.yaml:1:9: not valid YAML: in {} and [] a variable needs quotes: \"${r}\""},
    {"a: {b: {c: ${long_name}}}\n",
     "f.yaml:1:13: not valid YAML: in {} and [] a variable needs quotes: \"${long_name}\""},
    {"a: {b: *_proj}\n",
     "f.yaml:1:8: not valid YAML: '*' stands for an alias, and no anchor has this name; a pattern "
     "needs quotes: \"*_proj\""},
    {"a: b: c\n",
     "f.yaml:1:5: not valid YAML: a ':' too many; is the indentation right, or does a text need "
     "quotes?"},
    {"a:\n  - b\n - c\n",
     "f.yaml:3:2: not valid YAML: this fits nothing above it; is the indentation right?"},
    {"a: [b]]\n", "f.yaml:1:7: not valid YAML: a '}' or ']' closes nothing"},
    {"a: @b\n", "f.yaml:1:4: not valid YAML: text that begins like this needs quotes"},
    {"a:\n\tb: 1\n", "f.yaml:2:1: not valid YAML: a tab; YAML indents with blanks"},
    {"\ta: 1\n", "f.yaml:1:1: not valid YAML: a tab; YAML indents with blanks"},
    {"a:\n  - b\n\t- c\n", "f.yaml:3:1: not valid YAML: a tab; YAML indents with blanks"},
    {"a:\n  b: 1\n \tc: 2\n", "f.yaml:3:2: not valid YAML: a tab; YAML indents with blanks"},
    {"- a: 1\n\tb: 2\n", "f.yaml:2:1: not valid YAML: a tab; YAML indents with blanks"},
    {"a: 1\nb: \"two\nc: 3\n", "f.yaml:2:4: not valid YAML: a quote is not closed"},
    {"a: 1\nb: 'it''s\nc: 3\n", "f.yaml:2:4: not valid YAML: a quote is not closed"},
    {"a: \xC3\xA9\nb: &x \"say \\\"\nc: 3\n", "f.yaml:2:4: not valid YAML: a quote is not closed"},
};

TEST(YamlReader, NamesEveryMistakeWithItsPlace) {
  for (const Case& mistake : kMistakes) {
    EXPECT_EQ(config_message(mistake.text, [](const ConfigNode&, ConfigErrors&) {}),
              mistake.message)
        << mistake.text;
  }
}

TEST(YamlReader, ReportsASyntaxErrorAlone) {
  EXPECT_EQ(config_message("a: 1\na: 2\nb: ]\n", [](const ConfigNode&, ConfigErrors&) {}),
            "f.yaml:3:4: not valid YAML: a '}' or ']' closes nothing");
}

TEST(YamlReader, GoesOnBehindADuplicateKeyAndTheFirstCounts) {
  ConfigErrors errors;
  const ConfigNode root = parse_yaml("a: 1\na: 2\nb: 3\n", "f.yaml", errors);
  EXPECT_EQ(errors.count(), 1);
  EXPECT_EQ(to_json(root), Json({{"a", 1}, {"b", 3}}));
}

TEST(YamlReader, KeepsPlacesOfKeysAndValues) {
  const ConfigNode root = parse_good("a:  1\nlist:\n  - x\n  - {k: \"v\"}\n");
  const std::vector<ConfigEntry> entries = root.entries();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].key_place.str(), "f.yaml:1:1");
  EXPECT_EQ(entries[0].value.where(), "f.yaml:1:5: a");
  EXPECT_EQ(entries[1].value.items()[0].where(), "f.yaml:3:5: list[0]");
  EXPECT_EQ(entries[1].value.items()[1].find("k")->where(), "f.yaml:4:9: list[1].k");
}

TEST(YamlReader, PlacesAnEmptyValueAtItsKey) {
  const ConfigNode root = parse_good("a:\n\n\nb: 1\n");
  EXPECT_TRUE(root.find("a")->is_null());
  EXPECT_EQ(root.find("a")->where(), "f.yaml:1:1: a");
}

TEST(YamlReader, TellsQuotedFromPlain) {
  const ConfigNode root = parse_good("p: 1\ns: '1'\nd: \"1\"\nb: |\n  1\n");
  EXPECT_FALSE(root.find("p")->is_quoted());
  EXPECT_TRUE(root.find("s")->is_quoted());
  EXPECT_TRUE(root.find("d")->is_quoted());
  EXPECT_TRUE(root.find("b")->is_quoted());
  EXPECT_EQ(root.find("b")->text(), "1\n");
}

TEST(YamlReader, ExpandsAliasesUnderTheirOwnPath) {
  const ConfigNode root = parse_good("a: &x {p: 1}\nb: [*x]\n");
  EXPECT_EQ(to_json(root), Json({{"a", {{"p", 1}}}, {"b", Json::array({{{"p", 1}}})}}));
  EXPECT_EQ(root.find("b")->items()[0].find("p")->path(), "b[0].p");
}

TEST(YamlReader, ReadsAByteOrderMarkAndCarriageReturns) {
  const ConfigNode root = parse_good(
      "\xEF\xBB\xBF"
      "a: \"x\"\r\nb: 2\r\n");
  EXPECT_EQ(to_json(root), Json({{"a", "x"}, {"b", 2}}));
  EXPECT_EQ(root.find("b")->where(), "f.yaml:2:4: b");
}

/// JSON writes a character beyond U+FFFF as two escapes, and YAML reads JSON.
TEST(YamlReader, ReadsAPairOfSurrogatesAsACharacter) {
  const std::string fire = "\xF0\x9F\x94\xA5";
  const ConfigNode root = parse_good(
      R"({"a\ud83d\udd25": ["\uD83D\uDD25 \ud83d\udd25", 1], b: '\ud83d\udd25', c: \ud83d\udd25})");
  EXPECT_EQ(to_json(root), Json({{"a" + fire, {fire + " " + fire, 1}},
                                 {"b", R"(\ud83d\udd25)"},
                                 {"c", R"(\ud83d\udd25)"}}));
  EXPECT_EQ(root.find("a" + fire)->items()[1].place().column, 49) << "as in the file";
  EXPECT_EQ(root.find("b")->place().column, 56);
}

TEST(YamlReader, RefusesHalfACharacter) {
  const auto message = [](const std::string& text) {
    return config_message(text, [](const ConfigNode&, ConfigErrors&) {});
  };
  for (const char* half : {R"(a: "\ud83d")", R"(a: "\ud83d\u0041")", R"(a: "\udd25\ud83d")"})
    EXPECT_EQ(message(half), "f.yaml:1:11: not valid YAML: an escape that is no character") << half;
}

TEST(YamlReader, ReadsTabsThatIndentNothing) {
  EXPECT_EQ(to_json(parse_good("a:\t1\nb: |\n  \tx\nc: [1,\n\t2]\n")),
            Json({{"a", 1}, {"b", "\tx\n"}, {"c", {1, 2}}}));
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(YamlReader, RefusesDeepNesting) {
  const auto message = [](const std::string& text) {
    return config_message(text, [](const ConfigNode&, ConfigErrors&) {});
  };
  EXPECT_EQ(message(repeated("[", 64) + repeated("]", 64)), "no error");
  const std::string cause = ": nested deeper than 64 levels";
  EXPECT_EQ(message(repeated("[", 65) + repeated("]", 65)), "f.yaml:1:65" + cause);
  // Brackets that are never closed may begin keys as well, so the parser counts more levels.
  for (const std::string& open : {"a: " + repeated("[", 100'000), repeated("{a: ", 100'000)}) {
    EXPECT_TRUE(message(open).starts_with("f.yaml:1:")) << message(open);
    EXPECT_TRUE(message(open).ends_with(cause)) << message(open);
  }
  EXPECT_EQ(message(repeated("- ", 100'000) + "x"), "f.yaml:1:129" + cause);
}

/// Each alias stands inside the next one: deep where no line is.
TEST(YamlReader, RefusesDeepNestingByAliases) {
  const auto chain = [](int length) {
    std::string text = "- &a0 [x]\n";
    for (int i = 1; i < length; ++i) text += fmt::format("- &a{} [*a{}]\n", i, i - 1);
    return config_message(text, [](const ConfigNode&, ConfigErrors&) {});
  };
  EXPECT_EQ(chain(63), "no error");
  EXPECT_EQ(chain(64), "f.yaml:64:9: nested deeper than 64 levels");
  EXPECT_EQ(chain(100'000), "f.yaml:64:9: nested deeper than 64 levels");
}

TEST(YamlReader, RefusesAliasesThatGrowWithoutBound) {
  std::string text = "- &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i)
    text += fmt::format(
        "- &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, "
        "*a{1}]\n",
        i, i - 1);
  EXPECT_EQ(config_message(text, [](const ConfigNode&, ConfigErrors&) {}),
            "f.yaml:6:3: more than 1000000 values, its aliases written out");
}

TEST(YamlReader, NamesAFileThatIsNotThere) {
  const auto read = [](const std::string& file) {
    return config_error_of([&] {
      ConfigErrors errors;
      read_yaml_file(file, errors);
    });
  };
  EXPECT_EQ(read("no/such.yaml"), "no/such.yaml: cannot open: No such file or directory");
  EXPECT_EQ(read("/"), "/: cannot read: Is a directory");
}

TEST(YamlReader, RefusesTextThatIsNoUtf8WithItsPlace) {
  const auto message = [](const std::string& text) {
    return config_message(text, [](const ConfigNode&, ConfigErrors&) {});
  };
  EXPECT_EQ(message("a: gr\xf6\xdf"),
            "f.yaml:1:6: byte \\xf6 does not belong to UTF-8 text; write the text as UTF-8");
  // Columns are bytes; a comment is text, too.
  EXPECT_TRUE(message("a: 1\n# \xc3\xb6 \xc3").starts_with("f.yaml:2:6: byte \\xc3 "));
  EXPECT_TRUE(message("\xff\xfe"
                      "a")
                  .starts_with("f.yaml:1:1: byte \\xff "));  // UTF-16
}

TEST(YamlReader, ReadsAFileUnderTheNameGiven) {
  const std::string file = testing::TempDir() + "yaml_reader_test.yaml";
  std::ofstream(file) << "a: 1\n";
  ConfigErrors errors;
  EXPECT_EQ(read_yaml_file(file, errors).find("a")->where(), file + ":1:4: a");
  std::remove(file.c_str());
}

}  // namespace
}  // namespace nf
