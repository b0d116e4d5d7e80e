#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/text/tokenizer.h"
#include "eval/data/item.h"
#include "eval/tasks/question.h"

namespace nf {

/// The facts of a model that decide how text becomes ids.
struct TaskModel {
  Index positions = 0;                    ///< of its longest input
  std::optional<std::int32_t> bos_token;  ///< before each context; none: no special token
};

/// One choice as the model meets it: the last `scored` of `ids` are scored, the last one is never
/// an input.
struct ChoiceIds {
  std::vector<std::int32_t> ids;
  Index scored = 0;

  /// The ids that the model reads. [ids - 1]
  std::span<const std::int32_t> inputs() const { return std::span(ids).first(ids.size() - 1); }
};

/// The choices of one question by lm-eval's convention (TemplateLM._encode_pair and
/// HFLM._loglikelihood_tokens, 0.4). White space at the end of the context counts to the
/// continuation. The ids are those of the context, followed by the ids of context and continuation
/// encoded together that lie beyond as many as the context has. Of more than positions + 1 ids the
/// last ones are kept. Throws DataError that opens with `place`: an empty context, a continuation
/// without a token or longer than `positions`.
std::vector<ChoiceIds> encode_choices(const std::vector<ChoiceText>& choices,
                                      const Tokenizer& tokenizer, const TaskModel& model,
                                      const std::string& place);

/// The choices of one question as one item, part c being choice c. The beginning that the inputs of
/// all choices share stands there once, as the first segment; each choice's rest continues it. Only
/// rows that predict a scored token have targets.
EvalItem question_item(const std::vector<ChoiceIds>& choices);

}  // namespace nf
