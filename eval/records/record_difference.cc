#include "eval/records/record_difference.h"

#include <fmt/format.h>

#include <map>

namespace nf {
namespace {

class Comparison {
 public:
  explicit Comparison(std::vector<RecordDifference>& found) : found_(found) {}

  /// Items of both lists that have the same name(item).
  template <class Name>
  void items(const Json& first, const Json& second, const Name& name) {
    std::map<std::string, const Json*> by_name;
    for (const Json& item : second) by_name.emplace(name(item), &item);
    for (const Json& item : first) {
      const auto other = by_name.find(name(item));
      if (other == by_name.end()) continue;
      where_ = other->first;
      values(item, *other->second, "");
    }
  }

 private:
  void values(const Json& first, const Json& second, const std::string& path) {
    if (first.is_object() && second.is_object()) {
      for (const auto& [key, value] : first.items())
        if (const auto other = second.find(key); other != second.end())
          values(value, *other, path.empty() ? key : path + '.' + key);
    } else if (first.is_array() && second.is_array() && first.size() == second.size()) {
      for (std::size_t i = 0; i < first.size(); ++i)
        values(first[i], second[i], fmt::format("{}[{}]", path, i));
    } else {
      // The shortest decimal that reads back as the same double: equal text, equal bits.
      std::string one = first.dump(), other = second.dump();
      if (one != other) found_.push_back({where_, path, std::move(one), std::move(other)});
    }
  }

  std::vector<RecordDifference>& found_;
  std::string where_;
};

std::string window_name(const Json& window) {
  return fmt::format("window {}", window.at("window").get<Index>());
}

std::string question_name(const Json& question) {
  return fmt::format("question {} of {}", question.at("question").get<Index>(),
                     question.at("task").get<std::string>());
}

std::string site_name(const Json& site) {
  std::string name = site.at("site").get<std::string>();
  const auto windows = site.find("windows");
  if (windows == site.end()) return name;
  const Index first = site.at("first_window").get<Index>();
  return fmt::format("{}, windows {} to {}", name, first, first + windows->get<Index>() - 1);
}

/// Without `complete`: how much was gathered is no figure.
Json sites_of(const Json& record) {
  Json sites = record.at("sites");
  for (Json& site : sites) site.erase("complete");
  return sites;
}

}  // namespace

std::string RecordDifference::text() const {
  return fmt::format("{}: {}: {} and {}", where, figure, first, second);
}

std::vector<RecordDifference> record_differences(const Record& first, const Record& second) {
  if (first.status != second.status)
    return {{"trial", "status", status_name(first.status), status_name(second.status)}};
  const MetricRegistry none;  // they follow from the sums
  const Json one = Json::parse(record_to_line(first, none)),
             other = Json::parse(record_to_line(second, none));
  std::vector<RecordDifference> found;
  Comparison comparison(found);
  comparison.items(one.at("windows"), other.at("windows"), window_name);
  if (one.contains("questions") && other.contains("questions"))
    comparison.items(one.at("questions"), other.at("questions"), question_name);
  comparison.items(sites_of(one), sites_of(other), site_name);
  return found;
}

}  // namespace nf
