#include "eval/records/object_reader.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/base/error.h"

namespace nf {
namespace {

const Json kObject = {{"text", "a"},          {"number", -1.5},     {"count", 3u},
                      {"flag", true},         {"none", nullptr},    {"inner", {{"count", 4u}}},
                      {"list", {1u, 2u, 3u}}, {"most", 1ULL << 48}, {"beyond", (1ULL << 48) + 1}};

std::string message_for(const std::function<void(const ObjectReader&)>& read) {
  try {
    read(ObjectReader(kObject, "f:1"));
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ObjectReader, ReadsEveryType) {
  const ObjectReader reader(kObject, "f:1");
  EXPECT_EQ(reader.text("text"), "a");
  EXPECT_EQ(reader.number("number"), -1.5);
  EXPECT_EQ(reader.number("count"), 3.0);
  EXPECT_EQ(reader.count("count"), 3);
  EXPECT_TRUE(reader.flag("flag"));
  EXPECT_EQ(reader.find("missing"), nullptr);
  EXPECT_NE(reader.find("none"), nullptr);
  EXPECT_EQ(reader.inside("inner").count("count"), 4);
  EXPECT_EQ(reader.numbers("list", 3), (std::vector<double>{1.0, 2.0, 3.0}));
  EXPECT_EQ(reader.counts("list", 3), (std::vector<Index>{1, 2, 3}));
}

TEST(ObjectReader, NamesPlaceAndKey) {
  EXPECT_EQ(message_for([](const auto& reader) { reader.text("missing"); }),
            "f:1: missing: required key is missing");
  EXPECT_EQ(message_for([](const auto& reader) { reader.text("count"); }),
            "f:1: count: expected a string");
  EXPECT_EQ(message_for([](const auto& reader) { reader.number("none"); }),
            "f:1: none: expected a number");
  EXPECT_EQ(message_for([](const auto& reader) { reader.count("number"); }),
            "f:1: number: expected a whole number from 0 to 2^48");
  EXPECT_EQ(message_for([](const auto& reader) { reader.inside("inner").flag("count"); }),
            "f:1: inner: count: expected true or false");
  EXPECT_EQ(message_for([](const auto& reader) { reader.inside("text"); }),
            "f:1: text: expected an object");
  EXPECT_EQ(message_for([](const auto& reader) { reader.numbers("list", 2); }),
            "f:1: list: expected a list of 2 numbers");
  EXPECT_EQ(message_for([](const auto& reader) { reader.counts("flag", 1); }),
            "f:1: flag: expected a list of 1 whole numbers from 0 to 2^48");
}

TEST(ObjectReader, RefusesCountsWhoseSumsWouldOverflow) {
  EXPECT_EQ(ObjectReader(kObject, "f:1").count("most"), Index{1} << 48);
  EXPECT_EQ(message_for([](const auto& reader) { reader.count("beyond"); }),
            "f:1: beyond: expected a whole number from 0 to 2^48");
}

}  // namespace
}  // namespace nf
