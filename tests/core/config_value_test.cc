#include "core/config/config_value.h"

#include <gtest/gtest.h>

#include "tests/support/config_support.h"

namespace nf {

enum class Shape { round, square };

template <>
struct EnumNames<Shape> {
  static constexpr EnumName<Shape> table[] = {
      {Shape::round, "round", "has no corners"},
      {Shape::square, "square", "has four corners"},
  };
};

namespace {

/// The value that `key: text` is read as; fails the test when it is not read.
template <typename T>
T read_good(const std::string& text) {
  ConfigErrors errors;
  const std::optional<T> value =
      ConfigValue<T>::read(*parse_good("key: " + text + "\n").find("key"), errors);
  EXPECT_TRUE(value) << errors.message();
  return value.value_or(T{});
}

/// The message about `key: text` read as a T, behind its place ("f.yaml:1:6: key: ").
template <typename T>
std::string refusal(const std::string& text) {
  const std::string message =
      config_message("key: " + text + "\n", [](const ConfigNode& root, ConfigErrors& errors) {
        EXPECT_FALSE(ConfigValue<T>::read(*root.find("key"), errors));
      });
  const std::size_t path = message.find("key: ");
  return path == std::string::npos ? message : message.substr(path + 5);
}

TEST(ConfigValue, ReadsScalars) {
  EXPECT_EQ(read_good<double>("1e-3"), 0.001);
  EXPECT_EQ(read_good<double>("2"), 2.0);
  EXPECT_EQ(read_good<Index>("-7"), -7);
  EXPECT_EQ(read_good<int>("4"), 4);
  EXPECT_EQ(read_good<std::uint64_t>("12"), 12U);
  EXPECT_EQ(read_good<bool>("true"), true);
  EXPECT_EQ(read_good<std::string>("'0.5'"), "0.5");
  EXPECT_EQ(read_good<std::string>("1.10"), "1.10");
  EXPECT_EQ(read_good<Shape>("square"), Shape::square);
  EXPECT_EQ(read_good<Shape>("\"round\""), Shape::round);
}

TEST(ConfigValue, SaysWhatCannotBeReadAndWhatToDo) {
  EXPECT_EQ(refusal<double>("banana"), "cannot read 'banana' as a number");
  EXPECT_EQ(refusal<double>("'0.5'"), "cannot read \"0.5\" as a number; remove the quotes");
  EXPECT_EQ(refusal<double>("010"),
            "cannot read '010' as a number; write it without leading zeros");
  EXPECT_EQ(refusal<double>(".inf"), "cannot read '.inf' as a number");
  EXPECT_EQ(refusal<double>("[1]"), "cannot read a list as a number");
  EXPECT_EQ(refusal<double>("{a: 1}"), "cannot read a mapping as a number");
  EXPECT_EQ(refusal<double>(""), "cannot read an empty value as a number");
  EXPECT_EQ(refusal<Index>("1.5"),
            "cannot read '1.5' as an integer; only whole numbers of up to 64 bits fit here");
  EXPECT_EQ(refusal<Index>("1e3"),
            "cannot read '1e3' as an integer; only whole numbers of up to 64 bits fit here");
  EXPECT_EQ(refusal<Index>("9223372036854775808"),
            "cannot read '9223372036854775808' as an integer; only whole numbers of up to 64 bits "
            "fit here");
  EXPECT_EQ(refusal<Index>("-007"),
            "cannot read '-007' as an integer; write it without leading zeros");
  EXPECT_EQ(refusal<int>("3000000000"),
            "must be between -2147483648 and 2147483647, is 3000000000");
  EXPECT_EQ(refusal<std::uint64_t>("-1"), "must be between 0 and 18446744073709551615, is -1");
  EXPECT_EQ(refusal<bool>("yes"), "cannot read 'yes' as true or false; write true");
  EXPECT_EQ(refusal<bool>("OFF"), "cannot read 'OFF' as true or false; write false");
  EXPECT_EQ(refusal<bool>("'true'"), "cannot read \"true\" as true or false; write true");
  EXPECT_EQ(refusal<bool>("1"), "cannot read '1' as true or false");
  EXPECT_EQ(refusal<double>("$r"), "cannot read '$r' as a number; a variable is written \"${r}\"");
  EXPECT_EQ(refusal<double>("'{r}'"),
            "cannot read \"{r}\" as a number; a variable is written \"${r}\"");
  EXPECT_EQ(refusal<Index>("'${n}'"),
            "cannot read \"${n}\" as an integer; variables have values in the entries of a trial "
            "alone");
  EXPECT_EQ(refusal<std::vector<double>>("{a: 1}"),
            "cannot read a mapping as a list; begin each item with '- '");
  EXPECT_EQ(refusal<std::string>("[a]"), "cannot read a list as text");
  EXPECT_EQ(refusal<Shape>("sqare"), "unknown value 'sqare'; did you mean 'square'?");
  EXPECT_EQ(refusal<Shape>("x"),
            "unknown value 'x'; known: round (has no corners), square (has four corners)");
  EXPECT_EQ(refusal<Shape>("{round: 1}"), "cannot read a mapping as round | square");
  EXPECT_EQ(refusal<std::vector<double>>("1"), "cannot read '1' as a list");
  EXPECT_EQ(refusal<OneOrMore<double>>("[]"), "needs at least one item");
}

TEST(ConfigValue, ReadsLists) {
  EXPECT_EQ(read_good<std::vector<Index>>("[1, 2]"), (std::vector<Index>{1, 2}));
  EXPECT_TRUE(read_good<std::vector<Index>>("[]").empty());
  EXPECT_EQ(read_good<OneOrMore<std::string>>("a"), (OneOrMore<std::string>{"a"}));
  EXPECT_EQ(read_good<OneOrMore<std::string>>("[a, b]"), (OneOrMore<std::string>{"a", "b"}));
}

TEST(ConfigValue, ReportsEveryBadItem) {
  EXPECT_EQ(config_message("[1, x, 2, y]",
                           [](const ConfigNode& root, ConfigErrors& errors) {
                             ConfigValue<std::vector<double>>::read(root, errors);
                           }),
            "f.yaml:1:5: [1]: cannot read 'x' as a number\n"
            "f.yaml:1:11: [3]: cannot read 'y' as a number");
}

TEST(ConfigValue, TakesNullForNotGiven) {
  EXPECT_EQ(read_good<std::optional<double>>("~"), std::nullopt);
  EXPECT_EQ(read_good<std::optional<double>>("1.5"), 1.5);
  EXPECT_EQ(refusal<std::optional<double>>("x"), "cannot read 'x' as a number");
}

TEST(ConfigValue, WritesWhatItReads) {
  EXPECT_EQ(ConfigValue<double>::write(0.1), Json(0.1));
  EXPECT_EQ(ConfigValue<Shape>::write(Shape::square), Json("square"));
  EXPECT_EQ(ConfigValue<std::vector<Index>>::write({1, 2}), Json::array({1, 2}));
  EXPECT_EQ(ConfigValue<OneOrMore<Index>>::write({1}), Json(1));
  EXPECT_EQ(ConfigValue<OneOrMore<Index>>::write({1, 2}), Json::array({1, 2}));
  EXPECT_EQ(ConfigValue<std::optional<bool>>::write(std::nullopt), Json());
  EXPECT_EQ(ConfigValue<ConfigNode>::write(parse_good("{a: [1, x]}")),
            Json({{"a", Json::array({1, "x"})}}));
}

TEST(ConfigValue, NamesItsTypeForPeople) {
  EXPECT_EQ(ConfigValue<double>::type(), "number");
  EXPECT_EQ(ConfigValue<int>::type(), "integer");
  EXPECT_EQ(ConfigValue<bool>::type(), "true | false");
  EXPECT_EQ(ConfigValue<Shape>::type(), "round | square");
  EXPECT_EQ(ConfigValue<std::vector<std::string>>::type(), "[text, ...]");
  EXPECT_EQ(ConfigValue<OneOrMore<Index>>::type(), "integer | [integer, ...]");
  EXPECT_EQ(ConfigValue<std::optional<double>>::type(), "number");
}

TEST(ConfigValue, GivesASchema) {
  EXPECT_EQ(ConfigValue<std::vector<bool>>::schema(),
            Json({{"type", "array"}, {"items", {{"type", "boolean"}}}}));
  EXPECT_EQ(
      ConfigValue<Shape>::schema(),
      Json({{"oneOf", Json::array({{{"const", "round"}, {"description", "has no corners"}},
                                   {{"const", "square"}, {"description", "has four corners"}}})}}));
}

TEST(EnumName, GivesTheNameAndRefusesAnUnnamedValue) {
  EXPECT_STREQ(enum_name(Shape::round), "round");
  EXPECT_THROW(enum_name(static_cast<Shape>(9)), InternalError);
}

TEST(SingleKey, GivesTheOneEntry) {
  ConfigErrors errors;
  const std::optional<ConfigEntry> entry =
      read_single_key(parse_good("{snr_db: 20}"), {"relative_l2", "snr_db"}, errors);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->key, "snr_db");
  EXPECT_EQ(entry->value.text(), "20");
}

TEST(SingleKey, RefusesEverythingElse) {
  const auto message = [](const std::string& text) {
    return config_message(text, [](const ConfigNode& root, ConfigErrors& errors) {
      EXPECT_FALSE(read_single_key(root, {"relative_l2", "snr_db"}, errors));
    });
  };
  EXPECT_EQ(message("{}"), "f.yaml:1:1: needs exactly one of: relative_l2, snr_db");
  EXPECT_EQ(message("{snr_db: 1, relative_l2: 2}"),
            "f.yaml:1:1: needs exactly one of: relative_l2, snr_db");
  EXPECT_EQ(message("{snr_dB: 1}"), "f.yaml:1:2: unknown key 'snr_dB'; did you mean 'snr_db'?");
  EXPECT_EQ(message("word"),
            "f.yaml:1:1: cannot read 'word' as a mapping; write {relative_l2: ...} or {snr_db: "
            "...}");
  EXPECT_EQ(message("0.1"),
            "f.yaml:1:1: cannot read '0.1' as a mapping; write {relative_l2: 0.1} or {snr_db: "
            "...}");
  EXPECT_EQ(message("[0.1]"),
            "f.yaml:1:1: cannot read a list as a mapping; write {relative_l2: ...} or {snr_db: "
            "...}");
}

TEST(UnknownKeys, AreNamedWithTheNearestKnownOne) {
  const auto message = [](const std::string& text) {
    return config_message(text, [](const ConfigNode& root, ConfigErrors& errors) {
      check_unknown_keys(root, {"layers", "sigma"}, errors);
    });
  };
  EXPECT_EQ(message("sigma: 1\nlayers: 2\n"), "no error");
  EXPECT_EQ(message("sigmaa: 1\n"), "f.yaml:1:1: unknown key 'sigmaa'; did you mean 'sigma'?");
  EXPECT_EQ(message("q: 1\n"), "f.yaml:1:1: unknown key 'q'; known: layers, sigma");
  EXPECT_EQ(message("{sigma:1}"),
            "f.yaml:1:2: unknown key 'sigma:1'; a space is missing after the ':'");
  EXPECT_EQ(message("7:\n"), "f.yaml:1:1: unknown key '7'; known: layers, sigma");
}

TEST(UnknownKeys, KnowTheListThatFlowStyleSplit) {
  const auto message = [](const std::string& text) {
    return config_message(text, [](const ConfigNode& root, ConfigErrors& errors) {
      check_unknown_keys(root, {"layers", "sigma"}, errors);
    });
  };
  EXPECT_EQ(message("{layers: 0-3,7}"),
            "f.yaml:1:14: unknown key '7'; a list in flow style needs brackets: [0-3, 7], or "
            "quotes: \"0-3,7\"");
  EXPECT_EQ(message("{layers: 1, 3, 5-6, sigma: 1}"),
            "f.yaml:1:13: unknown key '3'; a list in flow style needs brackets: [1, 3, 5-6], or "
            "quotes: \"1,3,5-6\"");
}

}  // namespace
}  // namespace nf
