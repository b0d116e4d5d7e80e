#pragma once

#include "eval/report/html.h"
#include "eval/report/section.h"

namespace nf {

/// Adds where the damage of a model's lines falls: by the entropy of the baseline's distribution
/// (with `detail: entropy`), and by document or window. Adds nothing where the records do not say.
void add_tail_groups(const ReportPart& part, double width_mm, HtmlFragment& html, Section& section);

}  // namespace nf
