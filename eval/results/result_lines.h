#pragma once

#include <set>
#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// One line of a table for the terminal: the rows that differ in their seeds only.
struct ResultLine {
  std::vector<const ResultRow*> rows;
  std::string mark{};  ///< the label's words on a search's seeds and state: mark_searches()

  const RowKey& key() const { return rows.front()->key; }
  /// The rows that tell something new: those that did not fail, and of rows that share an id
  /// (nothing is drawn, so the seed is without effect) the first.
  std::vector<const ResultRow*> samples() const;
  /// Rows that do not share an id.
  Index seeds() const;
  /// Whether one of the rows has less text or fewer questions than there are.
  bool is_partial() const;
  /// Name, sweep point, number of seeds, and whether it is partial: "noise r=0.05 (3 seeds)".
  std::string label() const;
};

/// The lines of one model, baseline first.
struct ModelLines {
  std::string model;
  const ResultRow* baseline = nullptr;  ///< nullptr where there is none yet
  std::vector<ResultLine> lines;

  /// The baseline, or another row where there is none: says how much text and how many questions
  /// there are.
  const ResultRow& first_row() const {
    return baseline != nullptr ? *baseline : *lines.front().rows.front();
  }
};

/// Models in order of first appearance. Points into `rows`.
std::vector<ModelLines> group_rows(const std::vector<ResultRow>& rows);

/// Places that its trial distorts: "layers.3.q_proj.weight".
std::set<std::string> site_names(const ResultLine& line);
/// Whether it is a run of a factorial design, which has no line of its own on the terminal.
bool is_factorial_run(const ResultLine& line);
/// The state of an unfinished row, ", 1 of 2 windows"; empty where it is finished, or without a
/// baseline to compare with.
std::string missing_text(const ResultRow& row, const ResultRow* baseline);

}  // namespace nf
