#include "eval/records/record_detail.h"

#include <cmath>

#include "core/base/check.h"
#include "eval/metrics/summed_figures.h"

namespace nf {
namespace {

using Bins = std::array<ConfidenceBin, kConfidenceBins>;

struct TokenFigure {
  const char* key;
  double TokenDetail::*member;
};
constexpr TokenFigure kTokenFigures[] = {{"nll", &TokenDetail::nll},
                                         {"kl", &TokenDetail::kl},
                                         {"kl_reverse", &TokenDetail::kl_reverse},
                                         {"confidence", &TokenDetail::confidence}};

/// JSON has no way to write a number that is not finite.
double finite(double value, const char* key) {
  NF_CHECK(std::isfinite(value), "{} of a window's detail is {}", key, value);
  return value;
}

Json list_of(const SummedFigure& figure, const Bins& bins) {
  Json list = Json::array();
  for (const ConfidenceBin& bin : bins)
    list.push_back(figure.is_count() ? Json(bin.sums.*figure.count)
                                     : Json(finite(bin.sums.*figure.sum, figure.name)));
  return list;
}

Json bins_json(const Bins& bins) {
  // The order of these keys is older than the order of the figures.
  Json json = {{"tokens", nullptr}, {"top1", nullptr}, {"nll", nullptr}, {"baseline_nll", nullptr}};
  for (const SummedFigure& figure : window_figures()) json[figure.name] = list_of(figure, bins);
  for (const ConfidenceBin& bin : bins) {
    json["tokens"].push_back(bin.sums.tokens);
    json["baseline_nll"].push_back(finite(bin.baseline_nll, "baseline_nll"));
  }
  return json;
}

void read_bins(const ObjectReader& reader, Bins& bins) {
  const std::vector<Index> tokens = reader.counts("tokens", kConfidenceBins);
  const std::vector<double> baseline_nll = reader.numbers("baseline_nll", kConfidenceBins);
  for (std::size_t b = 0; b < bins.size(); ++b) {
    bins[b].sums.tokens = tokens[b];
    bins[b].baseline_nll = baseline_nll[b];
  }
  for (const SummedFigure& figure : window_figures()) {
    if (figure.is_count()) {
      const std::vector<Index> counts = reader.counts(figure.name, kConfidenceBins);
      for (std::size_t b = 0; b < bins.size(); ++b) bins[b].sums.*figure.count = counts[b];
    } else {
      const std::vector<double> sums = reader.numbers(figure.name, kConfidenceBins);
      for (std::size_t b = 0; b < bins.size(); ++b) bins[b].sums.*figure.sum = sums[b];
    }
  }
}

}  // namespace

void add_detail(const Detail& detail, Json& window) {
  window["confidence"] = bins_json(detail.bins);
  if (detail.tokens.empty()) return;
  Json& tokens = window["per_token"] = Json::object();
  for (const TokenFigure& figure : kTokenFigures)
    for (const TokenDetail& token : detail.tokens)
      tokens[figure.key].push_back(finite(token.*figure.member, figure.key));
  for (const TokenDetail& token : detail.tokens) tokens["top1"].push_back(token.top1 ? 1 : 0);
}

std::shared_ptr<const Detail> read_detail(const ObjectReader& window) {
  if (window.find("confidence") == nullptr) return nullptr;
  auto detail = std::make_shared<Detail>();
  read_bins(window.inside("confidence"), detail->bins);
  if (window.find("per_token") == nullptr) return detail;

  const ObjectReader tokens = window.inside("per_token");
  const Index count = window.count("tokens");
  detail->tokens.resize(static_cast<std::size_t>(count));
  for (const TokenFigure& figure : kTokenFigures) {
    const std::vector<double> values = tokens.numbers(figure.key, count);
    for (std::size_t t = 0; t < values.size(); ++t) detail->tokens[t].*figure.member = values[t];
  }
  const std::vector<Index> top1 = tokens.counts("top1", count);
  for (std::size_t t = 0; t < top1.size(); ++t) detail->tokens[t].top1 = top1[t] != 0;
  return detail;
}

}  // namespace nf
