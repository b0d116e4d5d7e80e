#include "eval/records/record_detail.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "core/base/error.h"
#include "eval/records/record.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

/// Numbers whose last bits a careless decimal form would lose.
std::shared_ptr<const Detail> detail_of(DetailMode mode) {
  Detail detail;
  detail.add({.nll = 1.0 / 3.0,
              .baseline_nll = 2.0 / 3.0,
              .kl = 1e-9 / 7.0,
              .kl_reverse = -1e-17 / 3.0,
              .confidence = 0.9 + 1.0 / 30.0,
              .top1 = true},
             mode);
  detail.add(
      {.nll = 7.1, .baseline_nll = 8.1, .kl = 0.0, .kl_reverse = 2.2, .confidence = 1.0 / 7.0},
      mode);
  return std::make_shared<Detail>(detail);
}

Record record_of(std::shared_ptr<const Detail> detail) {
  Record record{.id = "a", .name = "noise", .model = "opt-nano", .seed = 0};
  record.windows = {
      {.window = 0, .sums = {.tokens = 2, .nll = 7.4, .kl = 1.0, .kl_reverse = 2.0, .top1 = 1}},
      {.window = 1, .sums = {.tokens = 2, .nll = 7.4, .kl = 1.0, .kl_reverse = 2.0, .top1 = 1}}};
  record.windows[1].sums.detail = std::move(detail);
  return record;
}

TEST(RecordDetail, ReadsBackToTheLastBit) {
  for (const DetailMode mode : {DetailMode::confidence, DetailMode::entropy, DetailMode::tokens}) {
    const Record record = record_of(detail_of(mode));
    const std::string line = record_to_line(record, builtin_metrics());
    const Record back = record_from_line(line, "f:1");
    EXPECT_EQ(back.windows[0].sums.detail, nullptr);
    ASSERT_NE(back.windows[1].sums.detail, nullptr);
    EXPECT_EQ(*back.windows[1].sums.detail, *record.windows[1].sums.detail);
    EXPECT_EQ(record_to_line(back, builtin_metrics()), line);
  }
}

TEST(RecordDetail, StandsUnderKeysOfTheWindow) {
  const Json json =
      Json::parse(record_to_line(record_of(detail_of(DetailMode::tokens)), builtin_metrics()));
  EXPECT_FALSE(json["windows"][0].contains("confidence"));
  const Json& window = json["windows"][1];
  EXPECT_EQ(window["confidence"]["tokens"].dump(), "[0,1,0,0,0,0,0,0,0,1]");
  EXPECT_EQ(window["confidence"]["top1"].dump(), "[0,0,0,0,0,0,0,0,0,1]");
  EXPECT_EQ(window["confidence"]["nll"][1], 7.1);
  EXPECT_EQ(window["confidence"]["baseline_nll"][1], 8.1);
  EXPECT_EQ(window["confidence"]["kl"][9], 1e-9 / 7.0);
  EXPECT_EQ(window["confidence"]["kl_reverse"][1], 2.2);
  EXPECT_EQ(window["per_token"]["top1"].dump(), "[1,0]");
  EXPECT_EQ(window["per_token"]["nll"], Json::array({1.0 / 3.0, 7.1}));
  EXPECT_EQ(window["per_token"]["confidence"][1], 1.0 / 7.0);
  const Json bins =
      Json::parse(record_to_line(record_of(detail_of(DetailMode::confidence)), builtin_metrics()));
  EXPECT_FALSE(bins["windows"][1].contains("per_token"));
}

TEST(RecordDetail, StandsByEntropyWhereThatIsAsked) {
  const Json window = Json::parse(
      record_to_line(record_of(detail_of(DetailMode::entropy)), builtin_metrics()))["windows"][1];
  EXPECT_FALSE(window.contains("confidence"));
  EXPECT_EQ(window["entropy"]["tokens"].dump(), "[2]");
  EXPECT_EQ(window["entropy"]["flips_lost"].dump(), "[0]");
  EXPECT_FALSE(window["entropy"].contains("residual"));
}

TEST(RecordDetail, OfAnEarlierVersionLacksFlips) {
  Json json =
      Json::parse(record_to_line(record_of(detail_of(DetailMode::confidence)), builtin_metrics()));
  Json& bins = json["windows"][1]["confidence"];
  for (const char* key : {"flips_lost", "flips_gained"}) bins.erase(key);
  const Record old = record_from_line(json.dump(), "f:1");
  EXPECT_TRUE(old.windows[1].sums.detail->bins[0].sums.lacks_flips);
  EXPECT_EQ(Json::parse(record_to_line(old, builtin_metrics()))["windows"], json["windows"]);
}

std::string message_for(const std::function<void(Json& window)>& change) {
  Json json =
      Json::parse(record_to_line(record_of(detail_of(DetailMode::tokens)), builtin_metrics()));
  change(json["windows"][1]);
  try {
    record_from_line(json.dump(), "f:1");
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(RecordDetail, NamesWhatIsWrong) {
  const std::string place = "f:1: windows[1]: ";
  EXPECT_EQ(message_for([](Json& window) { window["confidence"] = 3; }),
            place + "confidence: expected an object");
  EXPECT_EQ(message_for([](Json& window) { window["confidence"].erase("kl"); }),
            place + "confidence: kl: required key is missing");
  EXPECT_EQ(message_for([](Json& window) {
              window["confidence"]["nll"] = {1.0, 2.0};
            }),
            place + "confidence: nll: expected a list of 10 numbers");
  EXPECT_EQ(message_for([](Json& window) { window["confidence"]["tokens"][3] = -1; }),
            place + "confidence: tokens: expected a list of 10 whole numbers from 0 to 2^48");
  EXPECT_EQ(message_for([](Json& window) { window["per_token"]["nll"].push_back(1.0); }),
            place + "per_token: nll: expected a list of 2 numbers");
  EXPECT_EQ(message_for([](Json& window) { window["per_token"]["top1"][0] = "yes"; }),
            place + "per_token: top1: expected a list of 2 whole numbers from 0 to 2^48");
}

TEST(RecordDetail, HoldsNoNumberThatIsNotFinite) {
  Detail detail = *detail_of(DetailMode::tokens);
  detail.tokens[1].kl = std::numeric_limits<double>::infinity();
  EXPECT_THROW(record_to_line(record_of(std::make_shared<Detail>(detail)), builtin_metrics()),
               InternalError);
}

}  // namespace
}  // namespace nf
