#pragma once

#include <string>
#include <vector>

#include "eval/predict/law_report.h"
#include "eval/tables/finding.h"

namespace nf {

/// A law for readers: what it was held against, then in sentences how far it can be trusted.
/// findings: of pairs and factorial designs, where damages do not add up. all: trials of designs
/// have lines, too; else they are in the sentences alone. columns: the terminal's width, 0: as wide
/// as it comes.
std::string law_text(const LawReport& report, const std::vector<Finding>& findings, bool all,
                     Index columns);

}  // namespace nf
