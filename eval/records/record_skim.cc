#include "eval/records/record_skim.h"

#include <cmath>
#include <limits>
#include <utility>

#include "eval/metrics/kl_tail.h"
#include "eval/metrics/summed_figures.h"
#include "eval/records/json_cursor.h"

namespace nf {
namespace {

/// A number; neither null nor what JSON does not have.
double read_number(JsonCursor& cursor) {
  const auto number = cursor.number<double>();
  if (!std::isfinite(number)) cursor.fail();
  return number;
}
/// As ObjectReader::count().
Index read_count(JsonCursor& cursor) {
  constexpr Index kMost = Index{1} << 48;
  const auto count = cursor.number<Index>();
  if (count < 0 || count > kMost) cursor.fail();
  return count;
}

/// The keys of a window's sums, by figure of window_figures().
using Seen = std::vector<bool>;

/// Takes a figure's sum; false: the key is none of a figure.
bool read_figure(std::string_view key, JsonCursor& cursor, PartSums& sums, Seen& seen) {
  const std::span<const SummedFigure> figures = window_figures();
  for (std::size_t f = 0; f < figures.size(); ++f) {
    const SummedFigure& figure = figures[f];
    if (key != figure.name) continue;
    if (seen[f]) cursor.fail();
    seen[f] = true;
    if (figure.is_count())
      sums.*figure.count = read_count(cursor);
    else
      sums.*figure.sum = read_number(cursor);
    return true;
  }
  return false;
}

/// Notes which sums are not known; false: there is one that every window has.
bool note_unseen(const Seen& seen, PartSums& sums) {
  const std::span<const SummedFigure> figures = window_figures();
  for (std::size_t f = 0; f < figures.size(); ++f) {
    if (seen[f]) continue;
    if (figures[f].lacking == nullptr) return false;
    sums.*figures[f].lacking = true;
  }
  return true;
}

void check_tail(const PackedKlTail& tail, Index tokens, JsonCursor& cursor) {
  const std::optional<KlTail> unpacked = tail.unpacked();
  if (!unpacked || unpacked->histogram.count() != tokens) cursor.fail();
}

WindowSums read_window(JsonCursor& cursor) {
  WindowSums window;
  Seen seen(window_figures().size());
  PackedKlTail tail;
  std::size_t keys = 0, of_tail = 0;
  cursor.object([&](std::string_view key) {
    ++keys;
    if (key == "window")
      window.window = read_count(cursor);
    else if (key == "tokens")
      window.sums.tokens = read_count(cursor);
    else if (--keys; read_figure(key, cursor, window.sums, seen))
      return;
    else if (++of_tail; key == "kl_bins")
      tail.bins = cursor.plain_text();
    else if (key == "kl_max")
      tail.max = read_number(cursor);
    else if (--of_tail; key == "bytes")
      window.bytes = read_count(cursor);
    else if (key == "document")
      window.document = read_count(cursor);
    else
      cursor.skip();
  });
  constexpr std::size_t kKeys = 2;
  if (keys != kKeys || of_tail % kKeys != 0 || !note_unseen(seen, window.sums)) cursor.fail();
  if (of_tail == 0 || cursor.failed()) return window;
  check_tail(tail, window.sums.tokens, cursor);
  window.sums.tail = std::make_shared<PackedKlTail>(std::move(tail));
  return window;
}

/// The choices that tables tell of.
Json read_notes(JsonCursor& cursor) {
  Json notes = Json::object();
  cursor.object([&](std::string_view key) {
    if (key == "axis")
      notes["axis"] = cursor.plain_text();
    else if (key == "group")
      notes["group"] = read_count(cursor);
    else
      cursor.skip();
  });
  return notes;
}

SiteStats read_site(JsonCursor& cursor) {
  SiteStats site{.site = {}, .complete = false};
  std::size_t keys = 0;
  cursor.object([&](std::string_view key) {
    ++keys;
    if (key == "site")
      site.site = cursor.plain_text();
    else if (key == "count")
      site.stats.count = read_count(cursor);
    else if (key == "sum_x2")
      site.stats.sum_x2 = read_number(cursor);
    else if (key == "sum_d2")
      site.stats.sum_d2 = read_number(cursor);
    else if (--keys; key == "first_window")
      site.first_window = read_count(cursor);
    else if (key == "windows")
      site.windows = read_count(cursor);
    else if (key == "notes")
      site.notes = read_notes(cursor);
    else
      cursor.skip();
  });
  constexpr std::size_t kKeys = 4;
  if (keys != kKeys) cursor.fail();
  return site;
}

StopState read_stop(JsonCursor& cursor) {
  StopState stop{.kl_halfwidth = std::numeric_limits<double>::infinity()};
  cursor.object([&](std::string_view key) {
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
    else if (key != "kl_halfwidth")
      cursor.skip();
  });
  return stop;
}

void read_member(std::string_view key, JsonCursor& cursor, Record& record) {
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
  } else if (key == "windows") {
    cursor.array([&] { record.windows.push_back(read_window(cursor)); });
  } else if (key == "questions") {
    cursor.fail();
  } else if (key == "sites") {
    cursor.array([&] { record.sites.push_back(read_site(cursor)); });
  } else if (key == "stop") {
    record.stop = read_stop(cursor);
  } else {
    cursor.skip();  // vars, too: the rows of the manifest have them
  }
}

}  // namespace

std::optional<Record> skim_record(std::string_view line) {
  JsonCursor cursor(line);
  Record record;
  cursor.object([&](std::string_view key) { read_member(key, cursor, record); });
  if (cursor.failed() || !cursor.at_end() || record.id.empty()) return std::nullopt;
  return record;
}

}  // namespace nf
