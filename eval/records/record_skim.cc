#include "eval/records/record_skim.h"

#include <limits>
#include <utility>

#include "eval/metrics/kl_tail.h"
#include "eval/metrics/summed_figures.h"
#include "eval/records/record_detail.h"
#include "eval/records/skim_fields.h"
#include "eval/records/skim_site.h"

namespace nf {
namespace {

using SeenFigures = SeenFields<SummedFigure>;

/// Notes which sums are not known; fails where there is none of a figure that every part has.
void note_unseen(std::span<const SummedFigure> figures, const SeenFigures& seen, PartSums& sums,
                 JsonCursor& cursor) {
  for (std::size_t f = 0; f < figures.size(); ++f) {
    if (seen.has(f)) continue;
    if (figures[f].lacking == nullptr)
      cursor.fail();
    else
      sums.*figures[f].lacking = true;
  }
}

/// Takes the sum of a window's figure; false: the key is of none.
bool read_figure(std::string_view key, SeenFigures& seen, PartSums& sums, JsonCursor& cursor) {
  const SummedFigure* const figure = seen.take(
      key, [](const SummedFigure& one) { return one.name; }, cursor);
  if (figure == nullptr) return false;
  if (figure->is_count())
    sums.*figure->count = read_count(cursor);
  else
    sums.*figure->sum = read_number(cursor);
  return true;
}

/// The sums of bins, an array a figure, of which "tokens" comes first and says how many there are.
std::vector<TokenBin> read_bins(JsonCursor& cursor) {
  static const std::vector<SummedFigure> figures = bin_figures();
  std::vector<TokenBin> bins;
  SeenFigures seen(figures);
  bool has_tokens = false, has_baseline = false;
  cursor.object([&](std::string_view key) {
    const auto set = [&](const auto& values, const auto& set_one) {
      if (values.size() != bins.size()) return cursor.fail();
      for (std::size_t b = 0; b < bins.size(); ++b) set_one(bins[b], values[b]);
    };
    if (key == "tokens") {
      const std::vector<Index> tokens = read_counts(cursor);
      if (std::exchange(has_tokens, true)) cursor.fail();
      bins.resize(tokens.size());
      set(tokens, [](TokenBin& bin, Index count) { bin.sums.tokens = count; });
    } else if (key == "baseline_nll") {
      if (std::exchange(has_baseline, true)) cursor.fail();
      set(read_numbers(cursor), [](TokenBin& bin, double sum) { bin.baseline_nll = sum; });
    } else if (const SummedFigure* const figure = seen.take(
                   key, [](const SummedFigure& one) { return one.name; }, cursor);
               figure == nullptr) {
      cursor.skip();
    } else if (figure->is_count()) {
      set(read_counts(cursor),
          [figure](TokenBin& bin, Index count) { bin.sums.*figure->count = count; });
    } else {
      set(read_numbers(cursor),
          [figure](TokenBin& bin, double sum) { bin.sums.*figure->sum = sum; });
    }
  });
  if (!has_tokens || !has_baseline) cursor.fail();
  for (TokenBin& bin : bins) note_unseen(figures, seen, bin.sums, cursor);
  return bins;
}

std::vector<TokenDetail> read_tokens(Index count, JsonCursor& cursor) {
  std::vector<TokenDetail> tokens(static_cast<std::size_t>(count));
  SeenFields<TokenFigure> seen(kTokenFigures);
  std::size_t keys = 0;
  cursor.object([&](std::string_view key) {
    const TokenFigure* const field = seen.take(
        key, [](const TokenFigure& one) { return one.key; }, cursor);
    if (field == nullptr && key != "top1") {
      cursor.skip();
      return;
    }
    ++keys;
    std::size_t t = 0;
    cursor.array([&] {
      const double value =
          field != nullptr ? read_number(cursor) : static_cast<double>(read_count(cursor));
      if (t == tokens.size()) return cursor.fail();
      if (field != nullptr)
        tokens[t++].*field->member = value;
      else
        tokens[t++].top1 = value != 0.0;
    });
    if (t != tokens.size()) cursor.fail();
  });
  if (keys != std::size(kTokenFigures) + 1) cursor.fail();
  return tokens;
}

/// Takes a key of a window's detail; false: it is none. tokens: of the window, which its own key
/// has told before.
bool read_detail(std::string_view key, RecordParts parts, Index tokens,
                 std::shared_ptr<Detail>& detail, JsonCursor& cursor) {
  if (key != "confidence" && key != "entropy" && key != "per_token") return false;
  if (parts == RecordParts::figures || (parts == RecordParts::tables && key == "per_token")) {
    cursor.skip();
    return true;
  }
  const bool has_bins = detail != nullptr;
  if (has_bins != (key == "per_token")) cursor.fail();  // bins first, and one kind of them
  if (!has_bins) detail = std::make_shared<Detail>();
  if (key == "per_token") {
    detail->tokens = read_tokens(tokens, cursor);
    return true;
  }
  std::vector<TokenBin> bins = read_bins(cursor);
  if (key == "entropy")
    detail->entropy = std::move(bins);
  else if (bins.size() != detail->bins.size())
    cursor.fail();
  else
    std::move(bins.begin(), bins.end(), detail->bins.begin());
  return true;
}

WindowSums read_window(RecordParts parts, JsonCursor& cursor) {
  WindowSums window;
  SeenFigures seen(window_figures());
  PackedKlTail tail;
  std::shared_ptr<Detail> detail;
  std::size_t keys = 0, of_tail = 0;
  cursor.object([&](std::string_view key) {
    ++keys;
    if (key == "window")
      window.window = read_count(cursor);
    else if (key == "tokens")
      window.sums.tokens = read_count(cursor);
    else if (--keys; read_figure(key, seen, window.sums, cursor))
      return;
    else if (++of_tail; key == "kl_bins")
      tail.bins = cursor.plain_text();
    else if (key == "kl_max")
      tail.max = read_number(cursor);
    else if (--of_tail; key == "bytes")
      window.bytes = read_count(cursor);
    else if (key == "document")
      window.document = read_count(cursor);
    else if (!read_detail(key, parts, window.sums.tokens, detail, cursor))
      cursor.skip();
  });
  constexpr std::size_t kKeys = 2;
  if (keys != kKeys || of_tail % kKeys != 0) cursor.fail();
  note_unseen(window_figures(), seen, window.sums, cursor);
  window.sums.detail = std::move(detail);
  if (of_tail == 0 || cursor.failed()) return window;
  if (KlHistogram::packed_count(tail.bins) != window.sums.tokens) cursor.fail();
  window.sums.tail = std::make_shared<PackedKlTail>(std::move(tail));
  return window;
}

PartSums read_choice(JsonCursor& cursor) {
  PartSums part;
  SeenFigures seen(choice_figures());
  bool has_tokens = false;
  cursor.object([&](std::string_view key) {
    if (key == "tokens") {
      if (std::exchange(has_tokens, true)) cursor.fail();
      part.tokens = read_count(cursor);
      return;
    }
    const SummedFigure* const figure = seen.take(
        key, [](const SummedFigure& one) { return one.key_in_choices(); }, cursor);
    if (figure == nullptr)
      cursor.skip();
    else if (figure->is_count())
      part.*figure->count = read_count(cursor);
    else
      part.*figure->sum = figure->sign_in_choices() * read_number(cursor);
  });
  if (!has_tokens) cursor.fail();
  note_unseen(choice_figures(), seen, part, cursor);
  return part;
}

QuestionSums read_question(JsonCursor& cursor) {
  QuestionSums sums;
  std::size_t keys = 0;
  cursor.object([&](std::string_view key) {
    ++keys;
    if (key == "task")
      sums.task = cursor.plain_text();
    else if (key == "question")
      sums.question = read_count(cursor);
    else if (key == "correct")
      sums.correct = cursor.flag();
    else if (key == "choices")
      cursor.array([&] { sums.parts.push_back(read_choice(cursor)); });
    else if (--keys; key == "correct_norm")
      sums.correct_norm = cursor.flag();
    else
      cursor.skip();
  });
  constexpr std::size_t kKeys = 4;
  if (keys != kKeys) cursor.fail();
  return sums;
}

StopState read_stop(JsonCursor& cursor) {
  StopState stop{.kl_halfwidth = std::numeric_limits<double>::infinity()};
  std::size_t keys = 0;
  cursor.object([&](std::string_view key) {
    ++keys;
    if (key == "reached")
      stop.reached = cursor.flag();
    else if (key == "blocks")
      stop.blocks = read_count(cursor);
    else if (key == "tokens")
      stop.tokens = read_count(cursor);
    else if (key == "kl")
      stop.kl = read_number(cursor);
    else if (key == "kl_halfwidth" && !cursor.take_null())
      stop.kl_halfwidth = read_number(cursor);
    else if (key != "kl_halfwidth" && keys-- > 0)
      cursor.skip();
  });
  constexpr std::size_t kKeys = 5;
  if (keys != kKeys) cursor.fail();
  return stop;
}

/// The members that every record has, each once.
constexpr const char* kMembers[] = {"id",     "name",    "model", "seed", "vars",
                                    "status", "windows", "sites", "env",  "run"};

void read_member(std::string_view key, RecordParts parts, JsonCursor& cursor, Record& record) {
  const bool whole = parts != RecordParts::figures;
  if (key == "id") {
    record.id = cursor.plain_text();
  } else if (key == "name") {
    record.name = cursor.plain_text();
  } else if (key == "model") {
    record.model = cursor.plain_text();
  } else if (key == "seed") {
    if (!cursor.take_null()) record.seed = cursor.number<std::uint64_t>();
  } else if (key == "status") {
    if (cursor.plain_text() != status_name(Status::ok)) cursor.fail();  // failures are few
  } else if (key == "convention") {
    record.convention = cursor.plain_text();
  } else if (key == "windows") {
    cursor.array([&] { record.windows.push_back(read_window(parts, cursor)); });
  } else if (key == "questions") {
    cursor.array([&] { record.questions.push_back(read_question(cursor)); });
  } else if (key == "sites") {
    cursor.array([&] { record.sites.push_back(skim_site(parts, cursor)); });
  } else if (key == "stop") {
    record.stop = read_stop(cursor);
  } else if (whole && key == "vars") {
    record.vars = read_object(cursor);
  } else if (whole && key == "env") {
    record.env = read_object(cursor);
  } else if (whole && key == "run") {
    record.run = read_object(cursor);
  } else {
    cursor.skip();
  }
}

}  // namespace

std::optional<Record> skim_record(std::string_view line, RecordParts parts) {
  JsonCursor cursor(line);
  Record record;
  SeenFields<const char*> seen(kMembers);
  std::size_t members = 0;
  cursor.object([&](std::string_view key) {
    if (seen.take(
            key, [](const char* member) { return member; }, cursor) != nullptr)
      ++members;
    read_member(key, parts, cursor, record);
  });
  if (cursor.failed() || !cursor.at_end() || members != std::size(kMembers)) return std::nullopt;
  record.windows.shrink_to_fit();
  record.questions.shrink_to_fit();
  record.sites.shrink_to_fit();
  return record;
}

}  // namespace nf
