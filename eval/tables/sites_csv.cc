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

std::string sites_csv(const std::vector<ResultRow>& rows,
                      const std::vector<std::string>& variables) {
  CsvText csv(sites_columns(variables));
  for (const ResultRow& row : rows) {
    for (const SiteStats& site : row.sites) {
      std::vector<std::string> fields = row_fields(row.key, variables);
      const SitePlace place = site_place(site.site);
      fields.insert(fields.end(), {place.layer, place.role, place.tensor, site.site,
                                   std::to_string(site.stats.count)});
      for (const SiteFigure& figure : site_figures())
        fields.push_back(site.complete || figure.always ? csv_number(figure.value(site.stats))
                                                        : "");
      for (const char* note : site_notes()) fields.push_back(note_text(site, note));
      csv.add_row(fields);
    }
  }
  return csv.text();
}

}  // namespace nf
