#include "eval/records/model_identity.h"

#include <fmt/format.h>

#include "core/base/printable.h"

namespace nf {
namespace {

/// The first count of windows or questions that is not as it was; none where all are the same, or
/// where the manifest, one of an earlier version, does not say.
std::optional<StatedDifference> count_difference(const ModelIdentity& was,
                                                 const ModelIdentity& is) {
  if (was.windows == 0 && was.questions.empty()) return std::nullopt;
  if (was.windows != is.windows)
    return StatedDifference{"another number of windows", "windows", std::to_string(was.windows),
                            std::to_string(is.windows)};
  for (const auto& [task, count] : was.questions)
    for (const auto& [same, now] : is.questions)
      if (same == task && now != count)
        return StatedDifference{
            fmt::format("another number of questions of task '{}'", printable(task)), "questions",
            std::to_string(count), std::to_string(now)};
  return std::nullopt;
}

}  // namespace

Index ModelIdentity::question_count() const {
  Index count = 0;
  for (const auto& [task, of_task] : questions) count += of_task;
  return count;
}

const ModelIdentity* find_sized_model(const std::vector<ModelIdentity>& models,
                                      const std::string& name) {
  for (const ModelIdentity& model : models)
    if (model.model == name && model.windows + model.question_count() > 0) return &model;
  return nullptr;
}

std::optional<StatedDifference> model_difference(const ModelIdentity& was,
                                                 const ModelIdentity& is) {
  if (was.model_hash != is.model_hash)
    return StatedDifference{"other weights or another config", "model_hash", was.model_hash,
                            is.model_hash};
  if (was.data_hash == is.data_hash) return std::nullopt;
  if (auto counts = count_difference(was, is)) return counts;
  return StatedDifference{"another text, other windows or tasks, or another tokenizer", "data_hash",
                          was.data_hash, is.data_hash};
}

std::optional<StatedDifference> env_difference(const Json& was, const Json& is) {
  const bool both_know = was.contains(kEnvProducts) && is.contains(kEnvProducts);
  const auto is_passed_over = [both_know](const std::string& key) {
    return both_know ? key == "isa" || key == "implementation" : key == kEnvProducts;
  };
  const auto shown = [](const Json& env, const std::string& key) {
    const auto found = env.find(key);
    return found == env.end() ? std::string("missing") : printable(found->dump());
  };
  for (const Json* keys : {&was, &is})
    for (const auto& [key, value] : keys->items())
      if (!is_passed_over(key) && shown(was, key) != shown(is, key))
        return StatedDifference{printable(key), "", shown(was, key), shown(is, key)};
  return std::nullopt;
}

}  // namespace nf
