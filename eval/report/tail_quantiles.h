#pragma once

#include "eval/report/html.h"
#include "eval/report/section.h"

namespace nf {

/// Adds how KL is spread over the tokens of a model's lines: a figure of quantiles, a table of
/// them, and the tokens whose most probable one became right or wrong. Adds nothing where the
/// records do not say.
void add_tail_quantiles(const ReportPart& part, double width_mm, HtmlFragment& html,
                        Section& section);

}  // namespace nf
