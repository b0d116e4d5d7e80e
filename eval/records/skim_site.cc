#include "eval/records/skim_site.h"

#include <iterator>
#include <utility>

#include "eval/records/skim_fields.h"
#include "eval/records/stats_fields.h"

namespace nf {
namespace {

/// The sums of a δ, of whose keys some may stand beside others in one object.
class StatsReader {
 public:
  /// Takes a key of the sums; false: it is none.
  bool take(std::string_view key, DistortionStats& stats, JsonCursor& cursor) {
    const auto key_of = [](const auto& field) { return field.key; };
    if (const auto* const count = counts_.take(key, key_of, cursor))
      stats.*count->member = read_count(cursor);
    else if (const auto* const sum = sums_.take(key, key_of, cursor))
      stats.*sum->member = read_number(cursor);
    else
      return false;
    return true;
  }
  /// Fails where one of the sums is missing, as in records before numerics 4.
  void check(bool complete, JsonCursor& cursor) const {
    const auto check_all = [&](const auto& fields, const auto& seen) {
      for (std::size_t f = 0; f < fields.size(); ++f)
        if ((complete || fields[f].always) && !seen.has(f)) cursor.fail();
    };
    check_all(kStatsCounts, counts_);
    check_all(kStatsSums, sums_);
  }

 private:
  SeenFields<StatsField<Index>> counts_{kStatsCounts};
  SeenFields<StatsField<double>> sums_{kStatsSums};
};

DistortionStats read_stats(JsonCursor& cursor) {
  DistortionStats stats;
  StatsReader reader;
  cursor.object([&](std::string_view key) {
    if (!reader.take(key, stats, cursor)) cursor.skip();
  });
  reader.check(true, cursor);
  return stats;
}

PredictorSums read_predictor(JsonCursor& cursor) {
  PredictorSums sums;
  OutputSums outputs;
  std::size_t of_outputs = 0;
  using Field = std::pair<const char*, double OutputSums::*>;
  SeenFields<Field> seen(kOutputSums);
  cursor.object([&](std::string_view key) {
    if (const Field* const field = seen.take(
            key, [](const Field& one) { return one.first; }, cursor)) {
      ++of_outputs;
      outputs.*field->second = read_number(cursor);
    } else if (key == "row_mean_energy") {
      sums.row_mean_energy = read_number(cursor);
    } else if (key == "expected_snr") {
      outputs.expected_snr = read_number(cursor);
    } else if (key == "stats") {
      sums.on_calibration = read_stats(cursor);
    } else if (++of_outputs; key == "tokens") {
      outputs.tokens = read_count(cursor);
    } else if (key == "windows") {
      outputs.windows = read_count(cursor);
    } else {
      --of_outputs;
      cursor.skip();
    }
  });
  if (of_outputs == std::size(kOutputSums) + 2)
    sums.outputs = outputs;
  else if (of_outputs != 0)
    cursor.fail();
  return sums;
}

/// The choices that tables of figures tell of.
Json read_choices(JsonCursor& cursor) {
  Json notes = Json::object();
  cursor.object([&](std::string_view key) {
    if (key == "axis")
      notes["axis"] = cursor.plain_text();
    else if (key == "group")
      notes["group"] = read_count(cursor);
    else
      cursor.skip();
  });
  return notes;
}

/// What a record of a site's δ says of its place: a block of windows, or a weight.
void check_place(const SiteStats& site, bool has_windows, JsonCursor& cursor) {
  const bool fits = has_windows ? is_dyadic_block(site.first_window, site.windows)
                                : site.site.ends_with(".weight");
  if (!fits) cursor.fail();
}

}  // namespace

SiteStats skim_site(RecordParts parts, JsonCursor& cursor) {
  const bool whole = parts != RecordParts::figures;
  SiteStats site{.site = {}, .complete = false};
  StatsReader stats;
  std::size_t keys = 0, of_block = 0;
  cursor.object([&](std::string_view key) {
    if (whole && stats.take(key, site.stats, cursor)) return;
    ++keys;
    if (key == "site")
      site.site = cursor.plain_text();
    else if (key == "complete")
      site.complete = cursor.flag();
    else if (!whole && key == "count")
      site.stats.count = read_count(cursor);
    else if (!whole && key == "sum_x2")
      site.stats.sum_x2 = read_number(cursor);
    else if (!whole && key == "sum_d2")
      site.stats.sum_d2 = read_number(cursor);
    else if (--keys; ++of_block, key == "first_window")
      site.first_window = read_count(cursor);
    else if (key == "windows")
      site.windows = read_count(cursor);
    else if (--of_block; key == "notes")
      site.notes = whole ? read_object(cursor) : read_choices(cursor);
    else if (whole && key == "predict")
      site.predictor = read_predictor(cursor);
    else
      cursor.skip();
  });
  constexpr std::size_t kWholeKeys = 2, kFigureKeys = 5, kBlockKeys = 2;
  if (keys != (whole ? kWholeKeys : kFigureKeys) || of_block % kBlockKeys != 0) cursor.fail();
  check_place(site, of_block > 0, cursor);
  if (whole)
    stats.check(site.complete, cursor);
  else
    site.complete = false;
  return site;
}

}  // namespace nf
