#pragma once

namespace nf {

/// How much of the records is read.
enum class RecordParts {
  all,
  /// All but the figures of single tokens (`detail: tokens`): what tables and merging need.
  tables,
  /// Windows and questions without detail, and of sites what their relative L2 is made of and which
  /// groups they chose (SiteStats::complete is false): what tables of figures need. Neither vars
  /// nor env nor run.
  figures,
};

}  // namespace nf
