#include "eval/plan/checked_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/io/gzip.h"
#include "core/text/tokenizer.h"
#include "eval/data/read_windows.h"
#include "eval/plan/model_data.h"
#include "eval/tasks/task_questions.h"

namespace nf {
namespace {

Index bytes_of(const std::vector<std::string>& documents) {
  Index bytes = 0;
  for (const std::string& document : documents) bytes += std::ssize(document);
  return bytes;
}

/// The first bytes of the documents, cut where a line ends; the whole of them where none does.
void keep_first(std::vector<std::string>& documents, Index most) {
  for (std::size_t d = 0; d < documents.size(); ++d) {
    most -= std::ssize(documents[d]);
    if (most > 0) continue;
    const Index end = std::max<Index>(std::ssize(documents[d]) + most, 1);
    const std::size_t line = documents[d].rfind('\n', static_cast<std::size_t>(end - 1));
    if (line != std::string::npos && line > 0) documents[d].resize(line + 1);
    documents.resize(d + 1);
  }
}

/// The documents of a text that is longer than that; none of one that is not, or of ids.
std::vector<std::string> long_documents(const std::optional<DataConfig>& config, Index most) {
  if (!config || config->ids) return {};
  const std::filesystem::path& file = config->source().resolved;
  std::vector<std::string> documents = config->jsonl
                                           ? read_jsonl_documents(file, config->field)
                                           : std::vector<std::string>{read_gzip_or_text_file(file)};
  return bytes_of(documents) > most ? documents : std::vector<std::string>();
}

/// What can be told of a text without all of its tokens.
std::string check_beginning(const DataConfig& config, std::vector<std::string> documents,
                            const ExperimentModel& model, Index most) {
  constexpr double kMegabyte = 1e6;
  const auto bytes = static_cast<double>(bytes_of(documents));
  keep_first(documents, most);
  const std::string name = config.source().resolved.string();
  const WindowOptions options{.context = config.context, .convention = config.convention};
  TokenWindows::from_documents(documents, Tokenizer::load(model.path.resolved), options, name);
  return fmt::format("{}: {:.0f} MB of text, of which the first {:.0f} were cut into windows here",
                     name, bytes / kMegabyte, static_cast<double>(bytes_of(documents)) / kMegabyte);
}

std::vector<std::string> task_warnings(const Experiment& experiment, const ExperimentModel& model) {
  if (experiment.config.tasks.empty()) return {};
  const DecoderSpec& spec = model.decoder.spec();
  return read_tasks(experiment.config.tasks, Tokenizer::load(model.path.resolved),
                    spec.max_position_embeddings, spec.bos_token_id, experiment.kinds->tasks)
      .warnings;
}

}  // namespace

std::vector<std::string> check_data(const Experiment& experiment, Index most) {
  std::vector<std::string> warnings;
  const auto add = [&warnings](const std::string& warning) {
    if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end())
      warnings.push_back(warning);
  };
  const std::optional<DataConfig>& data = experiment.config.data;
  const std::vector<std::string> documents = long_documents(data, most);
  for (const ExperimentModel& model : experiment.models) {
    if (!documents.empty()) add(check_beginning(*data, documents, model, most));
    for (const std::string& warning : documents.empty()
                                          ? read_model_data(experiment, model).warnings
                                          : task_warnings(experiment, model))
      add(warning);
  }
  return warnings;
}

}  // namespace nf
