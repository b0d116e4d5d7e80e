#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eval/records/run_folder.h"

namespace nf {

/// Numbers of windows or questions, each with the place of the record that has it. Neighbours of
/// one record are kept as one.
class ItemRuns {
 public:
  /// Adds an item that is not there.
  void add(Index item, std::size_t source);
  std::optional<std::size_t> find(Index item) const;

 private:
  struct Run {
    Index end = 0;
    std::size_t source = 0;
  };
  std::map<Index, Run> runs_;  ///< by the first item
};

/// Joins the records of several run folders: parts that are there twice are kept once, and must be
/// equal. Points into the contents it is given; they must outlive it.
class RecordJoin {
 public:
  /// The part of a record that is new.
  enum class Newness { nothing, some, all };
  struct Added {
    Newness newness = Newness::nothing;
    std::optional<Record> rest{};  ///< what is new of it, where that is some
  };

  /// any_env: records of one trial under different envs may differ, the first counts.
  explicit RecordJoin(bool any_env) : any_env_(any_env) {}

  /// The next record of a folder, which need not hold its records: line `number` of its file.
  /// `line` is that line where the record is read in part; what is new of it is then new of all of
  /// it.
  Added add(const RunContents& folder, Index number, Record&& record, std::string_view line = {});
  /// All records of a folder, in their order.
  void add(const RunContents& folder);

  /// The joined records in the order in which they came, without the windows, questions and sites
  /// that an earlier one has. A block of an input's site stays whole while one of its windows is
  /// new. Those that went well have neither vars nor run, nor an env that is that of their folder,
  /// unless envs are to be compared.
  const std::vector<Record>& records() const { return records_; }
  /// Gives them away; nothing can be added behind that.
  std::vector<Record> take_records() { return std::move(records_); }
  /// Number of records with nothing new in them.
  Index repeated() const { return repeated_; }
  /// Number of records of which something is left out that an earlier one has from a machine whose
  /// products give other bits; none unless any_env.
  Index other_copies() const { return other_copies_; }
  /// One line for each figure that is not equal, with trial, window and both values and places, and
  /// for each trial that failed in one folder on what another has figures of.
  const std::vector<std::string>& conflicts() const { return conflicts_; }

 private:
  /// The origin of a record of records_.
  struct Source {
    const RunContents* folder = nullptr;
    Index line = 0;

    std::string place() const { return folder->line_place(line); }
  };
  /// A record of a trial that failed, with its items. The failure may lie in any of them.
  struct Failure {
    Source source{};
    Record record{};
    std::vector<Index> windows{};
    std::vector<std::pair<std::string, Index>> questions{};
    bool told = false;
  };
  /// The known parts of a trial, each with its place in records_.
  struct Known {
    ItemRuns windows;
    std::map<std::string, ItemRuns> questions;  ///< by task
    std::vector<std::size_t> with_weights;      ///< records that have sites of weights
    /// First and number of items of each block of an input, by site. Statistics over questions are
    /// known by these alone.
    std::map<std::string, std::set<std::pair<Index, Index>>> blocks;
    std::vector<Failure> failures;
  };

  std::optional<std::size_t> find_question(const Known& known, const std::string& task,
                                           Index question) const;
  std::optional<std::size_t> find_weight(const Known& known, const std::string& site) const;
  void compare(const Known& known, const Record& record, const Source& source);
  static Failure failure_of(const Source& source, const Record& record);
  void add_failure(Known& known, const Source& source, Record&& record);
  /// Finds failures on items all of which went well in other records.
  void compare_failures(Known& known);
  Record what_is_new(const Known& known, Record&& record) const;
  void note(std::size_t place, Known& known) const;

  bool any_env_;
  std::map<std::string, Known> known_;  ///< by id
  std::vector<Record> records_;
  std::vector<Source> sources_;  ///< of records_
  Index repeated_ = 0, other_copies_ = 0;
  std::vector<std::string> conflicts_;
};

}  // namespace nf
