#include "eval/cli/option_values.h"

#include <algorithm>
#include <iterator>

#include "eval/experiment/data_config.h"
#include "eval/output/table_format.h"
#include "eval/predict/law_report.h"
#include "eval/predict/site_size.h"
#include "eval/run/model_form.h"

namespace nf {
namespace {

using Kind = OptionValues::Kind;

constexpr const char* kFolders[] = {"model", "like", "into"};
constexpr const char* kFiles[] = {"text", "jsonl", "ids", "rates", "csv", "sqlite"};
/// --out is a file here, a folder of results elsewhere.
constexpr const char* kWriteFiles[] = {"new", "report", "allocate", "logits"};

bool is_one_of(const std::string& name, const auto& names) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

template <typename E>
std::vector<std::string> words_of() {
  std::vector<std::string> words;
  for (const Choice& choice : ConfigValue<E>::choices()) words.push_back(choice.name);
  return words;
}

std::vector<std::string> names_of(const auto& pairs) {
  std::vector<std::string> names;
  for (const auto& pair : pairs) names.emplace_back(pair.first);
  return names;
}

std::vector<std::string> choices_of(const std::string& command, const std::string& option) {
  if (option == "format") return table_format_names();
  if (option == "by") return {"trials", "text", "both"};
  if (option == "convention") return words_of<Convention>();
  if (option == "bos") return words_of<Bos>();
  if (option == "arithmetic") {
    std::vector<std::string> names;
    for (const ModelForm& form : model_forms()) names.push_back(form.name);
    return names;
  }
  if (option == "law" || (command == "law" && option == "kind")) return names_of(kLawKinds);
  if (option == "measure" || (command == "law" && option == "size")) return names_of(kSizeMeasures);
  return {};
}

}  // namespace

OptionValues option_values(const std::string& command, const std::string& option) {
  std::vector<std::string> choices = choices_of(command, option);
  if (!choices.empty()) return {Kind::choices, std::move(choices)};
  if (command == "allocate" && option == "model") return {};  // a name in the run
  if (command == "report" && option == "data") return {};     // the id of a figure
  if (is_one_of(option, kFolders)) return {Kind::folder};
  if (is_one_of(option, kFiles)) return {Kind::file};
  if (option == "out") return {is_one_of(command, kWriteFiles) ? Kind::file : Kind::folder};
  return {};
}

}  // namespace nf
