#include "eval/tables/league_csv.h"

#include "core/io/atomic_file.h"
#include "eval/output/replaceable_csv.h"

namespace nf {
namespace {

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }
Json low(const std::optional<Interval>& interval) {
  return interval ? Json(interval->low) : Json(nullptr);
}
Json high(const std::optional<Interval>& interval) {
  return interval ? Json(interval->high) : Json(nullptr);
}

std::vector<Json> row_of(const LeagueEntry& entry, const LeftOutFactor& left_out) {
  const RankAssociation& of = entry.association;
  return {entry.model,
          entry.predictor,
          entry.target,
          entry.zone,
          of.trials,
          number(of.spearman),
          low(of.spearman_interval),
          high(of.spearman_interval),
          number(entry.ceiling),
          number(of.partial),
          low(of.partial_interval),
          high(of.partial_interval),
          number(of.r2),
          low(of.r2_interval),
          high(of.r2_interval),
          left_out.factor.empty() ? Json(nullptr) : Json(left_out.factor),
          number(left_out.r2),
          number(of.p),
          number(entry.p_holm),
          number(of.p_against_size),
          entry.note.empty() ? Json(nullptr) : Json(entry.note)};
}

}  // namespace

std::vector<std::string> league_columns() {
  return {"model",        "predictor",     "target",  "zone",     "trials",      "spearman",
          "spearman_low", "spearman_high", "ceiling", "partial",  "partial_low", "partial_high",
          "r2",           "r2_low",        "r2_high", "left_out", "r2_left_out", "p",
          "p_holm",       "p_against_l2",  "note"};
}

ValueTable league_values(const League& league) {
  ValueTable table{.columns = league_columns()};
  for (const LeagueEntry& entry : league.entries) {
    if (entry.left_out.empty()) table.rows.push_back(row_of(entry, {}));
    for (const LeftOutFactor& left_out : entry.left_out)
      table.rows.push_back(row_of(entry, left_out));
  }
  return table;
}

void write_league_csv(const League& league, const std::filesystem::path& file) {
  check_replaceable_csv(file, league_columns(), "league");
  write_file_atomically(file, csv_text(league_values(league)));
}

}  // namespace nf
