#include "eval/experiment/data_config.h"

#include "core/io/read_file.h"

namespace nf {

FieldTable<DataConfig> DataConfig::fields() {
  FieldTable<DataConfig> table;
  table.optional(
      "text", &DataConfig::text,
      {.summary = "plain UTF-8 text, one document", .example = "../assets/text/eval-en.txt"});
  table.optional(
      "jsonl", &DataConfig::jsonl,
      {.summary = "JSON lines, one document a line, windowed apart", .example = "docs.jsonl"});
  table.optional("field", &DataConfig::field, {.summary = "key of the text in each JSON line"});
  table.required(
      "context", &DataConfig::context,
      {.summary = "length of a window", .unit = "tokens", .range = at_least(2), .example = 512});
  table.optional("windows", &DataConfig::windows,
                 {.summary = "at most that many windows, from the start; all by default",
                  .unit = "windows",
                  .range = at_least(1),
                  .example = 16});
  table.optional("convention", &DataConfig::convention,
                 {.summary = "which tokens of a window are scored"});
  table.optional("bos", &DataConfig::bos, {.summary = "where a beginning-of-text token goes"});
  return table;
}

void DataConfig::check(const ConfigNode& node, ConfigErrors& errors) const {
  if (text.has_value() == jsonl.has_value()) {
    errors.add(node, "needs exactly one of: text, jsonl");
    return;
  }
  if (!std::filesystem::is_regular_file(source().resolved))
    errors.add(source().node, fmt::format("no such file: {}", source().resolved.string()));
  if (!jsonl && node.find("field")) errors.add(*node.find("field"), "only goes with jsonl");
}

std::vector<std::string> DataConfig::read_documents() const {
  if (jsonl) return read_jsonl_documents(jsonl->resolved, field);
  return {read_text_file(text->resolved)};
}

}  // namespace nf
