#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/io/ordered_file.h"
#include "eval/analysis/statistics.h"
#include "eval/records/run_folder.h"
#include "eval/results/followed_searches.h"
#include "eval/tables/table_baselines.h"

namespace nf {

/// The tables of kResultFiles but predictors.csv, made of one unit of rows after the other
/// (row_units()), none of which stays: the same bytes that result_files() makes of all rows
/// together. What has a line for each site, document or window of a row is written as it comes.
class TableStream {
 public:
  /// The texts that one unit adds to the tables.
  struct UnitTexts {
    struct Row {
      Index place = 0;
      std::string model{};
      std::string results{}, sites{}, documents{}, confidence{}, entropy{};
    };
    /// A piece of a table that has its models one after the other.
    struct Piece {
      std::string model{};
      Index place = 0;  ///< of its first row
      std::string text{};
    };
    struct Line {
      Piece piece{};  ///< the text: that of its key
      std::vector<Statistic> statistics{};
    };
    std::vector<Row> rows{};
    std::vector<Line> lines{};
    std::vector<Piece> effects{}, twins{};
  };

  /// dir: a new folder, in which the files are made. keys: those of all rows of the experiment.
  TableStream(const std::filesystem::path& dir, const std::vector<RowKey>& keys,
              const MetricRegistry& metrics, const std::vector<TaskHeading>& tasks);

  /// rows: those of one unit that have records, finished; places: their places among all rows,
  /// ascending; keys: of the unit, some of which may have no record. Thread-safe.
  UnitTexts texts_of(const std::vector<ResultRow>& rows, const std::vector<Index>& places,
                     const std::vector<RowKey>& keys, const TableBaselines& baselines) const;
  /// Takes the texts of each unit, in any order.
  void add(UnitTexts&& texts);
  /// Ends the files in `dir`; the other tables.
  std::vector<ResultFile> finish(const FollowedSearches& searches, const TableBaselines& baselines);

 private:
  using Piece = UnitTexts::Piece;

  void add_lines(const std::vector<ResultRow>& rows, const std::vector<Index>& places,
                 const std::vector<RowKey>& keys, const TableBaselines& baselines,
                 UnitTexts& texts) const;
  bool is_before(const Piece& a, const Piece& b) const;
  std::string results_text();
  std::string statistics_text();
  std::string pieces_text(const std::vector<std::string>& columns,
                          std::vector<Piece>& pieces) const;

  const MetricRegistry& metrics_;
  std::vector<TaskHeading> tasks_;
  std::vector<std::string> variables_;
  bool has_effects_ = false, has_twins_ = false;
  std::vector<Figure> figures_;
  mutable Bootstraps bootstraps_;
  OrderedFile sites_, documents_, confidence_, entropy_;
  std::map<std::string, Index> first_of_;  ///< the place of a model's first row
  std::vector<std::pair<Index, std::string>> results_;
  std::vector<UnitTexts::Line> lines_;
  std::vector<Piece> effects_, twins_;
};

}  // namespace nf
