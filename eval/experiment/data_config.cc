#include "eval/experiment/data_config.h"

namespace nf {

FieldTable<DataConfig> DataConfig::fields() {
  FieldTable<DataConfig> table;
  table.optional("text", &DataConfig::text,
                 {.summary = "plain UTF-8 text, one document; may be .gz",
                  .example = "../assets/text/eval-en.txt"});
  table.optional("jsonl", &DataConfig::jsonl,
                 {.summary = "JSON lines, one document a line, windowed apart; may be .gz",
                  .example = "docs.jsonl"});
  table.optional("ids", &DataConfig::ids,
                 {.summary = "token ids as .npy, int32 or int64, [N] or [documents, N], a row "
                             "windowed apart; needs no tokenizer",
                  .example = "ids.npy"});
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
                 {.summary = "how windows are laid out and which of their tokens are scored"});
  table.optional("stride", &DataConfig::stride,
                 {.summary = "from one window's start to the next's, with convention strided; half "
                             "the context by default",
                  .unit = "tokens",
                  .range = at_least(1),
                  .example = 256});
  table.optional("bos", &DataConfig::bos, {.summary = "where a beginning-of-text token goes"});
  return table;
}

void DataConfig::check(const ConfigNode& node, ConfigErrors& errors) const {
  if (text.has_value() + jsonl.has_value() + ids.has_value() != 1) {
    errors.add(node, "needs exactly one of: text, jsonl, ids");
    return;
  }
  if (!std::filesystem::is_regular_file(source().resolved))
    errors.add(source().node, fmt::format("no such file: {}", source().resolved.string()));
  if (!jsonl && node.find("field")) errors.add(*node.find("field"), "only goes with jsonl");
  if (const std::optional<WindowOptionsError> error = find_error(window_options()))
    errors.add(*node.find(error->option), error->cause);
}

Json DataConfig::resolved() const {
  DataConfig filled = *this;
  if (convention == Convention::strided) filled.stride = window_options().effective_stride();
  return fields().write(filled);
}

TokenWindows DataConfig::read_windows(const std::filesystem::path& model_dir,
                                      const DecoderSpec& spec) const {
  const DataSource::Kind kind = text    ? DataSource::Kind::text
                                : jsonl ? DataSource::Kind::jsonl
                                        : DataSource::Kind::ids;
  return nf::read_windows({.kind = kind, .file = source().resolved, .field = field},
                          window_options(), model_dir, spec);
}

WindowOptions DataConfig::window_options() const {
  return {
      .context = context, .limit = windows, .convention = convention, .stride = stride, .bos = bos};
}

}  // namespace nf
