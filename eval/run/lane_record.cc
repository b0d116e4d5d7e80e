#include "eval/run/lane_record.h"

namespace nf {
namespace {

void add_item(const ModelData& data, Index item, std::vector<PartSums> parts, Record& record) {
  if (item < data.set.windows) {
    const PartSums& sums = parts.front();
    record.windows.push_back({.window = item,
                              .tokens = sums.tokens,
                              .nll = sums.nll,
                              .kl = sums.kl,
                              .kl_reverse = sums.kl_reverse,
                              .top1 = sums.top1,
                              .bytes = data.set.item(item).bytes,
                              .document = data.set.item(item).document,
                              .detail = sums.detail});
  } else {
    record.questions.push_back(
        data.questions[static_cast<std::size_t>(item - data.set.windows)].score(std::move(parts)));
  }
}

}  // namespace

Record lane_record(const RowKey& key, const ModelData& data, const Stage& stage,
                   LaneResult result) {
  Record record{
      .id = key.id, .name = key.name, .model = key.model, .seed = key.seed, .vars = key.vars};
  if (!result.error.empty()) {
    record.status = "failed";
    record.error = result.error;
  }
  record.convention = data.convention;
  for (std::size_t i = 0; i < result.items.size(); ++i)
    add_item(data, stage.items[i], std::move(result.items[i]), record);
  record.sites = std::move(result.sites);
  return record;
}

}  // namespace nf
