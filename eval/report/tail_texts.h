#pragma once

#include "eval/report/html.h"
#include "eval/report/section.h"

namespace nf {

/// Adds the windows that a model's lines damage most and, with `detail: tokens`, the tokens, as
/// text where ReportRun::window_text has it. Of several seeds the first is shown.
void add_tail_texts(const ReportPart& part, HtmlFragment& html);

}  // namespace nf
