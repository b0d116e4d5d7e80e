#include "eval/records/record_detail.h"

#include <cmath>

#include "core/base/check.h"

namespace nf {
namespace {

template <class T>
struct Sum {
  const char* key;
  T ConfidenceBin::*member;
};
constexpr Sum<Index> kBinCounts[] = {{"tokens", &ConfidenceBin::tokens},
                                     {"top1", &ConfidenceBin::top1}};
constexpr Sum<double> kBinSums[] = {{"nll", &ConfidenceBin::nll},
                                    {"baseline_nll", &ConfidenceBin::baseline_nll},
                                    {"kl", &ConfidenceBin::kl},
                                    {"kl_reverse", &ConfidenceBin::kl_reverse}};

struct Figure {
  const char* key;
  double TokenDetail::*member;
};
constexpr Figure kTokenFigures[] = {{"nll", &TokenDetail::nll},
                                    {"kl", &TokenDetail::kl},
                                    {"kl_reverse", &TokenDetail::kl_reverse},
                                    {"confidence", &TokenDetail::confidence}};

/// JSON has no way to write a number that is not finite.
double finite(double value, const char* key) {
  NF_CHECK(std::isfinite(value), "{} of a window's detail is {}", key, value);
  return value;
}

}  // namespace

void add_detail(const Detail& detail, Json& window) {
  Json& bins = window["confidence"] = Json::object();
  for (const auto& sum : kBinCounts)
    for (const ConfidenceBin& bin : detail.bins) bins[sum.key].push_back(bin.*sum.member);
  for (const auto& sum : kBinSums)
    for (const ConfidenceBin& bin : detail.bins)
      bins[sum.key].push_back(finite(bin.*sum.member, sum.key));
  if (detail.tokens.empty()) return;
  Json& tokens = window["per_token"] = Json::object();
  for (const Figure& figure : kTokenFigures)
    for (const TokenDetail& token : detail.tokens)
      tokens[figure.key].push_back(finite(token.*figure.member, figure.key));
  for (const TokenDetail& token : detail.tokens) tokens["top1"].push_back(token.top1 ? 1 : 0);
}

std::shared_ptr<const Detail> read_detail(const ObjectReader& window) {
  if (window.find("confidence") == nullptr) return nullptr;
  auto detail = std::make_shared<Detail>();
  const ObjectReader bins = window.inside("confidence");
  const auto read_bins = [&](const auto& sum, const auto& values) {
    for (std::size_t i = 0; i < values.size(); ++i) detail->bins[i].*sum.member = values[i];
  };
  for (const auto& sum : kBinCounts) read_bins(sum, bins.counts(sum.key, kConfidenceBins));
  for (const auto& sum : kBinSums) read_bins(sum, bins.numbers(sum.key, kConfidenceBins));
  if (window.find("per_token") == nullptr) return detail;

  const ObjectReader tokens = window.inside("per_token");
  const Index count = window.count("tokens");
  detail->tokens.resize(static_cast<std::size_t>(count));
  for (const Figure& figure : kTokenFigures) {
    const std::vector<double> values = tokens.numbers(figure.key, count);
    for (std::size_t t = 0; t < values.size(); ++t) detail->tokens[t].*figure.member = values[t];
  }
  const std::vector<Index> top1 = tokens.counts("top1", count);
  for (std::size_t t = 0; t < top1.size(); ++t) detail->tokens[t].top1 = top1[t] != 0;
  return detail;
}

}  // namespace nf
