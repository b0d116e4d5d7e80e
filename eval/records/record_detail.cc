#include "eval/records/record_detail.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/base/check.h"
#include "eval/metrics/summed_figures.h"

namespace nf {
namespace {

using Bins = std::span<const TokenBin>;

/// JSON has no way to write a number that is not finite.
double finite(double value, const char* key) {
  NF_CHECK(std::isfinite(value), "{} of a window's detail is {}", key, value);
  return value;
}

Json list_of(const SummedFigure& figure, Bins bins) {
  Json list = Json::array();
  for (const TokenBin& bin : bins)
    list.push_back(figure.is_count() ? Json(bin.sums.*figure.count)
                                     : Json(finite(bin.sums.*figure.sum, figure.name)));
  return list;
}

Json bins_json(Bins bins) {
  // The order of these keys is older than the order of the figures.
  Json json = {{"tokens", nullptr}, {"top1", nullptr}, {"nll", nullptr}, {"baseline_nll", nullptr}};
  for (const SummedFigure& figure : bin_figures())
    if (std::all_of(bins.begin(), bins.end(),
                    [&figure](const TokenBin& bin) { return figure.is_known(bin.sums); }))
      json[figure.name] = list_of(figure, bins);
  for (const TokenBin& bin : bins) {
    json["tokens"].push_back(bin.sums.tokens);
    json["baseline_nll"].push_back(finite(bin.baseline_nll, "baseline_nll"));
  }
  return json;
}

void read_bins(const ObjectReader& reader, std::span<TokenBin> bins) {
  const Index count = std::ssize(bins);
  const std::vector<Index> tokens = reader.counts("tokens", count);
  const std::vector<double> baseline_nll = reader.numbers("baseline_nll", count);
  for (std::size_t b = 0; b < bins.size(); ++b) {
    bins[b].sums.tokens = tokens[b];
    bins[b].baseline_nll = baseline_nll[b];
  }
  for (const SummedFigure& figure : bin_figures()) {
    if (figure.lacking != nullptr && reader.find(figure.name) == nullptr) {
      for (TokenBin& bin : bins) bin.sums.*figure.lacking = true;
    } else if (figure.is_count()) {
      const std::vector<Index> counts = reader.counts(figure.name, count);
      for (std::size_t b = 0; b < bins.size(); ++b) bins[b].sums.*figure.count = counts[b];
    } else {
      const std::vector<double> sums = reader.numbers(figure.name, count);
      for (std::size_t b = 0; b < bins.size(); ++b) bins[b].sums.*figure.sum = sums[b];
    }
  }
}

/// The bins of entropy, as many as the record has.
std::vector<TokenBin> read_entropy(const ObjectReader& reader) {
  const Json& tokens = reader.at("tokens");
  if (!tokens.is_array()) reader.fail("tokens", "expected a list");
  std::vector<TokenBin> bins(tokens.size());
  read_bins(reader, bins);
  return bins;
}

}  // namespace

void add_detail(const Detail& detail, Json& window) {
  if (detail.entropy) {
    window["entropy"] = bins_json(*detail.entropy);
    return;
  }
  window["confidence"] = bins_json(detail.bins);
  if (detail.tokens.empty()) return;
  Json& tokens = window["per_token"] = Json::object();
  for (const TokenFigure& figure : kTokenFigures)
    for (const TokenDetail& token : detail.tokens)
      tokens[figure.key].push_back(finite(token.*figure.member, figure.key));
  for (const TokenDetail& token : detail.tokens) tokens["top1"].push_back(token.top1 ? 1 : 0);
}

std::shared_ptr<const Detail> read_detail(const ObjectReader& window) {
  auto detail = std::make_shared<Detail>();
  if (window.find("entropy") != nullptr) {
    detail->entropy = read_entropy(window.inside("entropy"));
    return detail;
  }
  if (window.find("confidence") == nullptr) return nullptr;
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
