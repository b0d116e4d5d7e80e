#pragma once

#include <vector>

#include "core/base/types.h"

namespace nf {

/// Rows of a hidden matrix that are one run of text: row r stands at position prefix_rows + r, and
/// attends to the prefix and to the run up to itself. The prefix is a run of its own (a question's
/// context, computed once and continued by each of its choices), or empty.
struct Segment {
  Index first = 0;  ///< row of the matrix
  Index rows = 0;
  Index prefix_first = 0;  ///< row of the matrix
  Index prefix_rows = 0;

  Index positions() const { return prefix_rows + rows; }
};

/// The arrangement of a hidden matrix's rows [T, H] as text: segments cover them in order, without
/// gap or overlap. Products do not look at it (a row's result does not depend on its company);
/// attention and positions do.
struct Layout {
  std::vector<Segment> segments;

  /// T consecutive tokens from position 0.
  static Layout window(Index tokens) { return {{{.first = 0, .rows = tokens}}}; }
  Index rows() const { return segments.empty() ? 0 : segments.back().first + segments.back().rows; }
  /// One more than the last position that occurs.
  Index positions() const {
    Index most = 0;
    for (const Segment& segment : segments)
      most = segment.positions() > most ? segment.positions() : most;
    return most;
  }
};

}  // namespace nf
