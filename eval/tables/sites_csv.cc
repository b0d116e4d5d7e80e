#include "eval/tables/sites_csv.h"

#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/records/site_place.h"
#include "eval/results/row_fields.h"

namespace nf {

namespace {

std::string note_text(const SiteStats& site, const char* note) {
  const auto value = site.notes.find(note);
  if (value == site.notes.end()) return "";
  if (value->is_string()) return value->get<std::string>();
  return value->is_number_integer() ? value->dump() : csv_number(value->get<double>());
}

}  // namespace

std::string site_rows(const ResultRow& row, const std::vector<std::string>& variables) {
  const std::string key = csv_line(row_fields(row.key, variables)) + ',';
  std::string text;
  for (const SiteStats& site : row.sites) {
    const SitePlace place = site_place(site.site);
    text += key;
    text += csv_line(
        {place.layer, place.role, place.tensor, site.site, std::to_string(site.stats.count)});
    for (const SiteFigure& figure : site_figures()) {
      text += ',';
      if (site.complete || figure.always) append_csv_number(figure.value(site.stats), text);
    }
    for (const char* note : site_notes()) text += ',' + csv_line({note_text(site, note)});
    text += '\n';
  }
  return text;
}

std::string sites_csv(const std::vector<ResultRow>& rows,
                      const std::vector<std::string>& variables) {
  std::string text = csv_line(sites_columns(variables)) + '\n';
  for (const ResultRow& row : rows) text += site_rows(row, variables);
  return text;
}

}  // namespace nf
