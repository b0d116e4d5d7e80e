#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "eval/output/sqlite_file.h"
#include "eval/records/run_folder.h"
#include "eval/results/results.h"

namespace nf {

/// Writes the csv files of a run into a database, each as a table of its name with the columns of
/// its header behind trial_id: the number of the trial that the row is of, from 1 on, as the rows
/// stand in results.csv; NULL where it is of several, or of none. Values are those of the file to
/// the last bit, empty fields are NULL; columns have the type of column_type(), those of variables
/// none. Not thread-safe.
class CsvTables {
 public:
  /// rows: of the results. variables: the experiment's. file: must outlive this; its table `trials`
  /// has the rows.
  CsvTables(const std::vector<ResultRow>& rows, const std::vector<std::string>& variables,
            SqliteFile& file);

  /// csv: one of result_files(), not empty.
  void write(const ResultFile& csv);
  /// A file whose rows are of no row of the results (profiles.csv): its columns alone.
  void write_alone(const ResultFile& csv);

 private:
  std::vector<std::string> variables_;
  SqliteFile& file_;
  std::map<std::vector<std::string>, std::int64_t> trial_ids_;  ///< by row_fields()
};

}  // namespace nf
