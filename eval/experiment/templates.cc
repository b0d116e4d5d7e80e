#include "eval/experiment/templates.h"

#include <fmt/format.h>

#include <utility>

#include "core/config/yaml_writer.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// An absolute path stays one; another one leads from `directory`, unless links keep it from that.
std::string path_from(const fs::path& directory, const fs::path& path) {
  if (path.is_absolute()) return path.string();
  const fs::path whole = fs::absolute(path).lexically_normal();
  const fs::path from = (fs::current_path() / directory / "").lexically_normal();
  const fs::path relative = whole.lexically_relative(from);
  std::error_code error;
  const bool leads_there = !relative.empty() && fs::equivalent(from / relative, whole, error);
  return (leads_there && !error ? relative : whole).generic_string();
}

std::string data_key(const fs::path& text) {
  if (text.extension() == ".jsonl") return "jsonl";
  return text.extension() == ".npy" ? "ids" : "text";
}

/// The last part of a path that says something: "." stands for a folder of a name.
std::string short_name(const fs::path& model) {
  const fs::path whole = fs::weakly_canonical(model);
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

}  // namespace

std::string ExperimentTemplate::summary() const {
  const std::size_t begin = text.find_first_not_of("# ");
  std::string sentence = text.substr(begin, text.find_first_of(".?:", begin) - begin);
  replace_all(sentence, "\n# ", " ");
  return sentence;
}

std::string filled_template(const ExperimentTemplate& given, const TemplateValues& values) {
  const std::vector<std::pair<std::string, std::string>> replaced = {
      {"{{name}}", to_flow_yaml(fmt::format("{}-{}", given.name, short_name(values.model)))},
      {"{{model}}", to_flow_yaml(path_from(values.directory, values.model))},
      {"{{data}}", fmt::format("{}: {}", data_key(values.text),
                               to_flow_yaml(path_from(values.directory, values.text)))},
      {"{{context}}", fmt::format("{}", values.context)},
      {"{{windows}}", fmt::format("{}", values.windows)}};
  std::string text = given.text;
  for (const auto& [what, by] : replaced) replace_all(text, what, by);
  return text;
}

}  // namespace nf
