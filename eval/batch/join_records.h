#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "eval/records/run_folder.h"

namespace nf {

/// Joins the records of several run folders: parts that are there twice are kept once, and must be
/// equal. Points into the contents it is given; they must outlive it.
class RecordJoin {
 public:
  /// any_env: records of one trial under different envs may differ, the first counts.
  explicit RecordJoin(bool any_env) : any_env_(any_env) {}

  /// All records of a folder, in their order.
  void add(const RunContents& folder);

  /// The joined records in the order in which they came, without the windows, questions and sites
  /// that an earlier one has. A block of an input's site stays whole while one of its windows is
  /// new.
  const std::vector<Record>& records() const { return records_; }
  /// Number of records with nothing new in them.
  Index repeated() const { return repeated_; }
  /// One line for each figure that is not equal, with trial, window and both values and places, and
  /// for each trial that failed in one folder on what another has figures of.
  const std::vector<std::string>& conflicts() const { return conflicts_; }

 private:
  /// A record as a folder has it.
  struct Source {
    const RunContents* folder = nullptr;
    std::size_t number = 0;

    const Record& record() const { return folder->records[number]; }
    std::string place() const { return folder->place(number); }
  };
  /// A record of a trial that failed, with its items. The failure may lie in any of them.
  struct Failure {
    Source source;
    std::vector<Index> windows{};
    std::vector<std::pair<std::string, Index>> questions{};
    bool told = false;
  };
  /// The known parts of a trial, each with its place in sources_.
  struct Known {
    std::map<Index, std::size_t> windows;
    std::map<std::pair<std::string, Index>, std::size_t> questions;
    std::map<std::string, std::size_t> weights;
    /// First and number of items of each block of an input, by site. Statistics over questions are
    /// known by these alone.
    std::map<std::string, std::set<std::pair<Index, Index>>> blocks;
    std::vector<Failure> failures;
  };

  void add(const Source& source);
  void compare(const Known& known, const Source& source);
  static Failure failure_of(const Source& source);
  /// Finds failures on items all of which went well in other records.
  void compare_failures(Known& known);
  static Record what_is_new(const Known& known, const Record& record);
  static void note(const Record& record, std::size_t source, Known& known);

  bool any_env_;
  std::vector<Source> sources_;
  std::map<std::string, Known> known_;  ///< by id
  std::vector<Record> records_;
  Index repeated_ = 0;
  std::vector<std::string> conflicts_;
};

}  // namespace nf
