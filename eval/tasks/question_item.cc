#include "eval/tasks/question_item.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "core/base/check.h"
#include "core/base/error.h"
#include "eval/tasks/characters.h"

namespace nf {
namespace {

std::vector<std::int32_t> encode(std::string_view text, const Tokenizer& tokenizer,
                                 const TaskModel& model) {
  std::vector<std::int32_t> ids = tokenizer.encode(text);
  if (model.bos_token) ids.insert(ids.begin(), *model.bos_token);
  return ids;
}

/// The context's ids and what lies behind them in `whole`, cut to what the model can read.
ChoiceIds joined(const std::vector<std::int32_t>& context, const std::vector<std::int32_t>& whole,
                 Index positions, const std::string& place) {
  if (context.empty())
    throw DataError(fmt::format(
        "{}: the context is empty, so nothing predicts the first token; set bos: true", place));
  const Index scored = std::ssize(whole) - std::ssize(context);
  if (scored <= 0)
    throw DataError(fmt::format("{}: no token is left to score behind the context's {}", place,
                                context.size()));
  if (scored > positions)
    throw DataError(
        fmt::format("{}: a continuation of {} tokens is longer than the {} positions of the model",
                    place, scored, positions));
  std::vector<std::int32_t> ids = context;
  ids.insert(ids.end(), whole.end() - scored, whole.end());
  const Index dropped = std::ssize(ids) - (positions + 1);
  if (dropped > 0) ids.erase(ids.begin(), ids.begin() + dropped);
  return {std::move(ids), scored};
}

/// Number of ids that the inputs of all choices begin with in common.
Index shared_inputs(const std::vector<ChoiceIds>& choices) {
  const std::span<const std::int32_t> first = choices.front().inputs();
  std::ptrdiff_t shared = std::ssize(first);
  for (const ChoiceIds& choice : choices) {
    const std::span<const std::int32_t> inputs = choice.inputs();
    const auto end =
        std::mismatch(first.begin(), first.begin() + shared, inputs.begin(), inputs.end());
    shared = end.first - first.begin();
  }
  return shared;
}

void append_segment(std::span<const std::int32_t> ids, Index prefix_rows, EvalItem& item) {
  if (ids.empty()) return;
  item.layout.segments.push_back({.first = std::ssize(item.ids),
                                  .rows = std::ssize(ids),
                                  .prefix_first = 0,
                                  .prefix_rows = prefix_rows});
  item.ids.insert(item.ids.end(), ids.begin(), ids.end());
}

}  // namespace

std::vector<ChoiceIds> encode_choices(const std::vector<ChoiceText>& choices,
                                      const Tokenizer& tokenizer, const TaskModel& model,
                                      const std::string& place) {
  std::vector<ChoiceIds> all;
  std::vector<std::int32_t> context;
  for (std::size_t c = 0; c < choices.size(); ++c) {
    const bool same_context = c > 0 && choices[c].context == choices[c - 1].context;
    if (!same_context)
      context = encode(without_spaces_behind(choices[c].context), tokenizer, model);
    const std::vector<std::int32_t> whole =
        encode(choices[c].context + choices[c].continuation, tokenizer, model);
    all.push_back(joined(context, whole, model.positions, place));
  }
  return all;
}

EvalItem question_item(const std::vector<ChoiceIds>& choices) {
  NF_CHECK(!choices.empty(), "a question without choices");
  const Index shared = shared_inputs(choices);
  EvalItem item{.ids = {}, .layout = {}, .targets = {}, .parts = std::ssize(choices)};
  const auto prefix = choices.front().inputs().first(static_cast<std::size_t>(shared));
  append_segment(prefix, 0, item);
  for (Index part = 0; part < item.parts; ++part) {
    const ChoiceIds& choice = choices[static_cast<std::size_t>(part)];
    NF_CHECK(choice.scored > 0 && choice.scored < std::ssize(choice.ids), "{} of {} ids scored",
             choice.scored, choice.ids.size());
    const Index first_row = std::ssize(item.ids) - shared;  // of its input 0, were it not shared
    append_segment(choice.inputs().subspan(static_cast<std::size_t>(shared)), shared, item);
    for (Index i = std::ssize(choice.ids) - choice.scored; i < std::ssize(choice.ids); ++i) {
      const Index input = i - 1;  // the one that predicts id i
      item.targets.push_back({.row = input < shared ? input : first_row + input,
                              .token = choice.ids[static_cast<std::size_t>(i)],
                              .part = part});
    }
  }
  std::sort(item.targets.begin(), item.targets.end(), [](const Target& a, const Target& b) {
    return std::tie(a.row, a.part) < std::tie(b.row, b.part);
  });
  return item;
}

}  // namespace nf
