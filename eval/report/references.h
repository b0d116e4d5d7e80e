#pragma once

#include <string>
#include <vector>

#include "eval/records/row_key.h"

namespace nf {

/// A paper as BibTeX has it; texts are LaTeX.
struct Reference {
  const char* key;
  const char* title;
  const char* authors;  ///< joined by " and "
  const char* year;     ///< of the first version
  const char* arxiv;    ///< "2210.17323"
};

/// The papers whose methods or questions the trials have, in the order of the program's list: that
/// of perturbation always, for every trial is one.
std::vector<Reference> references_of(const std::vector<RowKey>& keys);

/// An entry of a .bib file.
std::string bibtex_of(const Reference& reference);

}  // namespace nf
