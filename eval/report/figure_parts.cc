#include "eval/report/figure_parts.h"

#include <fmt/format.h>

#include "eval/output/csv.h"

namespace nf {

ReportFigure named_figure(const std::string& id, const std::string& title) {
  return {.id = id, .title = title, .caption = {}};
}

void set_drawing(Drawing drawing, ReportFigure& figure) {
  figure.svg = std::move(drawing.svg);
  figure.width_mm = drawing.width;
  figure.height_mm = drawing.height;
}

std::string left_out_text(std::size_t shown, std::size_t all) {
  return shown >= all
             ? ""
             : fmt::format(" The figure shows {} of {}; its data has them all.", shown, all);
}

void add_interval_fields(const std::optional<double>& value,
                         const std::optional<Interval>& interval,
                         std::vector<std::string>& fields) {
  fields.push_back(csv_number(value));
  fields.push_back(interval ? csv_number(interval->low) : "");
  fields.push_back(interval ? csv_number(interval->high) : "");
}

}  // namespace nf
