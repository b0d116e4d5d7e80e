#include "eval/run/lane_record.h"

#include "eval/metrics/summed_figures.h"

namespace nf {
namespace {

void add_item(const ModelData& data, Index item, std::vector<PartSums> parts, Record& record) {
  if (item < data.set.windows) {
    WindowSums window{.window = item,
                      .sums = std::move(parts.front()),
                      .bytes = data.set.item(item).bytes,
                      .document = data.set.item(item).document};
    // A record is the same before it is written and after it is read.
    for (const SummedFigure& figure : summed_figures())
      if (!figure.of_windows) figure.clear(window.sums);
    record.windows.push_back(std::move(window));
  } else {
    for (PartSums& part : parts) {
      part.tail.reset();
      for (const SummedFigure& figure : summed_figures())
        if (!figure.of_choices) figure.clear(part);
    }
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
    record.status = Status::failed;
    record.error = result.error;
  }
  record.convention = data.convention;
  for (std::size_t i = 0; i < result.items.size(); ++i)
    add_item(data, stage.items[i], std::move(result.items[i]), record);
  record.sites = std::move(result.sites);
  return record;
}

}  // namespace nf
