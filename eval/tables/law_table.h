#pragma once

#include <string>
#include <vector>

#include "eval/predict/law_report.h"
#include "eval/tables/finding.h"

namespace nf {

/// How far a law can be trusted, in sentences. findings: of pairs and factorial designs, where
/// damages do not add up.
std::vector<std::string> law_sentences(const LawReport& report,
                                       const std::vector<Finding>& findings);

/// A law for readers: what it was held against, then law_sentences(). all: trials of designs
/// have lines, too; else they are in the sentences alone. columns: the terminal's width, 0: as wide
/// as it comes.
std::string law_text(const LawReport& report, const std::vector<Finding>& findings, bool all,
                     Index columns);

}  // namespace nf
