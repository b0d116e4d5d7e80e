#include "eval/report/html.h"
#include "eval/report/section.h"
#include "eval/report/tail_groups.h"
#include "eval/report/tail_quantiles.h"
#include "eval/report/tail_texts.h"

namespace nf {
namespace {

std::optional<Section> make_section(const ReportInput& input) {
  Section section{.id = "tails", .title = "Tails: where the damage falls"};
  HtmlFragment html;
  bool any = false;
  for (const ReportPart& part : parts_of(input)) {
    HtmlFragment own;
    if (!part.heading.empty()) own.heading(part.heading);
    const std::size_t heading = own.text().size();
    add_tail_quantiles(part, input.width_mm, own, section);
    add_tail_groups(part, input.width_mm, own, section);
    add_tail_texts(part, own);
    if (own.text().size() == heading) continue;
    any = true;
    html.append(own);
  }
  if (!any) return std::nullopt;
  section.html = html.text();
  return section;
}

}  // namespace

void register_tails(SectionRegistry& registry) {
  registry.add({.id = "tails", .order = 100, .make = make_section});
}

}  // namespace nf
