#include "core/config/yaml_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <sstream>

#include "tests/support/config_support.h"

namespace nf {
namespace {

TEST(YamlWriter, WritesATidyExperiment) {
  const std::string text =
      "experiment: first-look\n"
      "model: [../assets/models/opt-nano, ../assets/models/llama-nano]\n"
      "data: {text: ../assets/text/eval-en.txt, context: 512, windows: 16}\n"
      "seed: 0\n"
      "trials:\n"
      "  - name: noise-sweep\n"
      "    sweep: {r: [0.05, 0.1, 1.0], dist: [gaussian, uniform]}\n"
      "    perturb:\n"
      "      - sites: {tensor: weight, roles: [q_proj, k_proj], layers: \"0-3,7\"}\n"
      "        noise: \"${dist}\"\n"
      "        strength: {relative_l2: \"${r}\"}\n"
      "  - name: \"1.10\"\n"
      "    quantize:\n"
      "      - {grid: power, bits: 4, symmetric: false}\n"
      "      - {}\n"
      "    none: null\n"
      "    list: []\n";
  EXPECT_EQ(to_yaml(to_json(parse_good(text))), text);
}

TEST(YamlWriter, QuotesOnlyWhatWouldBeReadAsSomethingElse) {
  for (const char* plain : {"word", "two words", "0-2", "../a/b.txt", "q_proj", "a*b", "x=1",
                            "gr\xC3\xBC\xC3\x9F", "1.2.3"}) {
    EXPECT_EQ(to_yaml(Json({{"k", plain}})), std::string("k: ") + plain + "\n");
  }
  for (const char* quoted :
       {"",     " a",   "a ",   "1",           "-1",    "1e3",  ".5",   "true", "yes",
        "Off",  "null", "~",    "Null",        "a: b",  "a:",   "a #b", "#a",   "- a",
        "-",    "[a]",  "{a}",  "a,b",         "&a",    "*a",   "!a",   "|",    ">",
        "%a",   "@a",   "`a",   "'a'",         "\"a\"", "?",    "...",  "---",  "<<",
        "a\nb", "a\tb", "\x01", "back\\slash", "${x}",  "0-3,7"}) {
    EXPECT_EQ(to_yaml(Json({{"k", quoted}})), "k: " + Json(quoted).dump() + "\n");
  }
}

TEST(YamlWriter, WritesDoublesInTheirShortestForm) {
  const auto text = [](double value) { return to_yaml(Json(value)); };
  EXPECT_EQ(text(0.1), "0.1\n");
  EXPECT_EQ(text(1.0), "1.0\n");
  EXPECT_EQ(text(-0.0), "-0.0\n");
  EXPECT_EQ(text(1.0 / 3.0), "0.3333333333333333\n");
  EXPECT_EQ(text(1e22), "1e+22\n");
  EXPECT_EQ(text(5e-324), "5e-324\n");
  EXPECT_THROW(text(std::numeric_limits<double>::quiet_NaN()), InternalError);
  EXPECT_THROW(text(std::numeric_limits<double>::infinity()), InternalError);
}

TEST(YamlWriter, KeepsLinesWithinAHundredColumns) {
  Json value = Json::object();
  for (int i = 0; i < 40; ++i) value["numbers"].push_back(i * 1000);
  for (int i = 0; i < 20; ++i) value["inner"]["key" + std::to_string(i)] = i * 1000;
  value["exact"] =
      Json::array({std::string(81, 'x'), "yyyy"});  // "exact: [x..., yyyy]": 96 columns
  const std::string text = to_yaml(value);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
  EXPECT_NE(text.find("numbers:\n  - 0\n  - 1000\n"), std::string::npos) << text;
  EXPECT_NE(text.find("inner:\n  key0: 0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("exact: [x"), std::string::npos) << text;
  EXPECT_EQ(to_json(parse_good(text)), value);
}

/// Random values of every kind, with text made of everything YAML gives a meaning to.
class RandomJson {
 public:
  explicit RandomJson(std::uint64_t seed) : engine_(seed) {}

  Json value(int depth) {
    switch (below(depth > 0 ? 7 : 5)) {
      case 0:
        return text();
      case 1:
        return static_cast<Index>(engine_());
      case 2:
        return number();
      case 3:
        return below(2) == 1;
      case 4:
        return nullptr;
      case 5: {
        Json list = Json::array();
        for (std::uint64_t i = below(5); i > 0; --i) list.push_back(value(depth - 1));
        return list;
      }
      default:
        return mapping(depth);
    }
  }

  Json mapping(int depth) {
    Json result = Json::object();
    for (std::uint64_t i = below(5); i > 0; --i) result[text()] = value(depth - 1);
    return result;
  }

 private:
  std::uint64_t below(std::uint64_t end) { return engine_() % end; }

  std::string text() {
    static const std::vector<std::string> kPieces = {
        "a",  "B",    "7",   "0",   ".",    "-",    "e",        "+",  " ",    "  ",          ":",
        ": ", " #",   ",",   "[",   "]",    "{",    "}",        "\"", "'",    "\\",          "\n",
        "\t", "null", "yes", "<<",  "true", "${x}", "\xC3\xA9", "&",  "*",    "!",           "| ",
        ">",  "%",    "@",   "---", "~",    "?",    "=",        "\r", "\x7F", "\xE2\x80\xA8"};
    std::string result;
    for (std::uint64_t i = below(5); i > 0; --i) result += kPieces[below(kPieces.size())];
    return result;
  }

  double number() {
    for (;;) {
      const std::uint64_t bits = engine_();
      double value = 0;
      std::memcpy(&value, &bits, sizeof value);
      if (std::isfinite(value)) return value;
    }
  }

  std::mt19937_64 engine_;
};

TEST(YamlWriter, WritesWhatTheReaderReadsBackEqual) {
  RandomJson random(20240311);
  for (int i = 0; i < 3000; ++i) {
    const Json value = random.mapping(4);
    const std::string text = to_yaml(value);
    const Json again = to_json(parse_good(text));
    ASSERT_EQ(again.dump(), value.dump()) << text;
  }
}

}  // namespace
}  // namespace nf
