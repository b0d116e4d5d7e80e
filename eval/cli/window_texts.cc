#include "eval/cli/window_texts.h"

#include <map>
#include <memory>
#include <vector>

#include "core/base/error.h"
#include "core/io/gzip.h"
#include "eval/data/windows.h"
#include "eval/experiment/experiment.h"
#include "eval/plan/model_data.h"
#include "eval/records/model_identity.h"

namespace nf {
namespace {

std::vector<std::string> documents_of(const DataConfig& data) {
  if (data.jsonl) return read_jsonl_documents(data.jsonl->resolved, data.field);
  if (data.text) return {read_gzip_or_text_file(data.text->resolved)};
  return {};
}

/// The texts of a run, model by model, each read when it is first asked for.
class TextReader {
 public:
  TextReader(const RunContents& run, const KindsPtr& kinds)
      : source_(run.source()), models_(run.manifest.models), kinds_(kinds) {}

  std::optional<WindowText> text(const std::string& model, Index window) {
    const std::vector<WindowPlace>& places = places_of(model);
    if (window < 0 || window >= std::ssize(places)) return std::nullopt;
    const WindowPlace& place = places[static_cast<std::size_t>(window)];
    if (place.document >= std::ssize(documents_)) return std::nullopt;
    return window_text(place, documents_[static_cast<std::size_t>(place.document)]);
  }

 private:
  const std::vector<WindowPlace>& places_of(const std::string& model) {
    const auto [known, is_new] = places_.try_emplace(model);
    if (!is_new) return known->second;
    try {
      known->second = read_places(model);
    } catch (const Error&) {  // a report is made of the records; the text beside them may be gone
    }
    return known->second;
  }

  std::vector<WindowPlace> read_places(const std::string& model) {
    if (!experiment_) {
      experiment_ = Experiment::load(source_, kinds_);
      if (experiment_->config.data) documents_ = documents_of(*experiment_->config.data);
    }
    const ModelIdentity* const identity = find_sized_model(models_, model);
    for (const ExperimentModel& own : experiment_->models) {
      if (own.name != model || identity == nullptr || !experiment_->config.data) continue;
      if (read_model_data(*experiment_, own).hash != identity->data_hash) continue;
      return experiment_->config.data->read_windows(own.path.resolved, own.decoder.spec()).places();
    }
    return {};
  }

  ExperimentSource source_;
  std::vector<ModelIdentity> models_;
  KindsPtr kinds_;
  std::optional<Experiment> experiment_;
  std::vector<std::string> documents_;
  std::map<std::string, std::vector<WindowPlace>> places_;
};

}  // namespace

std::function<std::optional<WindowText>(const std::string& model, Index window)> window_texts(
    const RunContents& run, const KindsPtr& kinds) {
  const auto reader = std::make_shared<TextReader>(run, kinds);
  return [reader](const std::string& model, Index window) { return reader->text(model, window); };
}

}  // namespace nf
