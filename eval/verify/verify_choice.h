#pragma once

#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "eval/plan/model_plan.h"
#include "eval/verify/verify_report.h"

namespace nf {

/// Records of one model that are run again together: same items, same statistics gathered.
struct VerifyGroup {
  /// A record, by its number in the folder.
  struct Member {
    std::size_t record = 0;
    const Job* job = nullptr;  ///< null: the baseline's
  };

  Stage stage;
  StatsMode stats = StatsMode::weights;
  DetailMode detail = DetailMode::none;
  std::vector<Member> members;
};

/// Finds the trials of a folder's records, and how these must be run again.
class VerifyChoice {
 public:
  /// plans: of the folder's experiment, in its order. preferred: the mode of a record that fits
  /// several. All must outlive this.
  VerifyChoice(const std::vector<Record>& records, std::vector<ModelPlan>& plans,
               StatsMode preferred);

  /// Looks for the trial of record `number`. Returns false and counts it where it cannot be run
  /// again.
  bool find(std::size_t number, VerifyReport::Skipped& skipped);
  /// The groups of the records `numbers`, all of them found, by model. A record without any item of
  /// the data is in none.
  std::vector<std::vector<VerifyGroup>> groups(const std::vector<std::size_t>& numbers) const;
  bool has_items(std::size_t number) const { return !found_.at(number).items.empty(); }
  /// Items that a record has and the data have not, as differences.
  const std::vector<RecordDifference>& unknown_items(std::size_t number) const {
    return found_.at(number).unknown;
  }

 private:
  struct Found {
    std::size_t model = 0;
    const Job* job = nullptr;
    std::vector<Index> items{};
    std::vector<RecordDifference> unknown{};
  };

  std::optional<std::size_t> model_of(const Record& record);
  const Job* job_of(const Record& record, std::size_t model);
  void find_items(const Record& record, Found& found);
  void add_items_of_sites(const Record& record, Found& found);

  const std::vector<Record>& records_;
  std::vector<ModelPlan>& plans_;
  StatsMode preferred_;
  std::list<Job> jobs_;  ///< stay where they are
  /// Jobs by model and id; null: looked for in vain.
  std::map<std::pair<std::size_t, std::string>, const Job*> job_of_id_;
  /// Numbers of questions of the items, by model.
  std::vector<std::map<std::pair<std::string, Index>, Index>> questions_;
  std::map<std::size_t, Found> found_;
  /// Items that some record has, by model and id.
  std::map<std::pair<std::size_t, std::string>, std::set<Index>> held_;
};

}  // namespace nf
