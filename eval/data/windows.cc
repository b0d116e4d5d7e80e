#include "eval/data/windows.h"

#include <algorithm>
#include <numeric>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/utf8.h"

namespace nf {
namespace {

/// Whether a bos is put before the document's tokens in each window, or before each document.
bool bos_opens_windows(const WindowOptions& options) {
  return options.bos == Bos::window && options.convention != Convention::llama_cpp;
}
bool bos_opens_documents(const WindowOptions& options) {
  return options.bos == Bos::document ||
         (options.bos == Bos::window && options.convention == Convention::llama_cpp);
}

/// Tokens [begin, end) of a document as one window that scores [scored, end).
struct Cut {
  Index begin = 0;
  Index end = 0;
  Index scored = 0;
};

/// The windows of a document of that many tokens; each has at least one to score.
std::vector<Cut> cut_document(Index tokens, const WindowOptions& options) {
  // A bos that opens every window takes one place and makes the first token one to score.
  const Index room = options.context - (bos_opens_windows(options) ? 1 : 0);
  const Index unscored = bos_opens_windows(options) ? 0 : 1;
  std::vector<Cut> cuts;
  const auto add = [&cuts](const Cut& cut) {
    if (cut.scored < cut.end) cuts.push_back(cut);
  };
  switch (options.convention) {
    case Convention::window:
      if (tokens < room) add({0, tokens, unscored});
      for (Index begin = 0; begin + room <= tokens; begin += room)
        add({begin, begin + room, begin + unscored});
      break;
    case Convention::strided: {
      Index covered = 0;  // tokens that an earlier window held
      for (Index begin = 0; covered < tokens; begin += options.effective_stride()) {
        const Index end = std::min(begin + room, tokens);
        add({begin, end, std::max(covered, begin + unscored)});
        covered = end;
      }
      break;
    }
    case Convention::llama_cpp:
      for (Index begin = 0; begin + room <= tokens; begin += room)
        add({begin, begin + room, begin + room / 2 + 1});
      break;
  }
  return cuts;
}

/// The byte at which each token of a document begins; empty where the tokens' bytes are not those
/// of its text, which has `size`, one after the other.
std::vector<Index> byte_starts(const Encoding& document, Index size) {
  std::vector<Index> starts;
  Index byte = 0;
  for (const std::int32_t bytes : document.bytes) {
    starts.push_back(byte);
    byte += bytes;
  }
  if (byte != size) starts.clear();
  return starts;
}

}  // namespace

std::string convention_name(Convention convention) {
  switch (convention) {
    case Convention::window:
      return "window/1";
    case Convention::strided:
      return "strided/1";
    case Convention::llama_cpp:
      return "llama.cpp/1";
  }
  NF_CHECK(false, "convention {}", static_cast<int>(convention));
}

std::optional<WindowOptionsError> find_error(const WindowOptions& options) {
  constexpr Index kLeastForLlamaCpp = 3;  // of 2 tokens none is scored
  if (options.convention == Convention::llama_cpp && options.context < kLeastForLlamaCpp)
    return WindowOptionsError{"context", fmt::format("must be at least {} in convention llama.cpp, "
                                                     "is {}",
                                                     kLeastForLlamaCpp, options.context)};
  if (!options.stride) return std::nullopt;
  if (options.convention != Convention::strided)
    return WindowOptionsError{"stride", "only goes with convention strided"};
  const bool bos_added = bos_opens_windows(options);
  const Index most = options.context - (bos_added ? 1 : 0);
  if (*options.stride < 1 || *options.stride > most)
    return WindowOptionsError{
        "stride", fmt::format("must be between 1 and {}, the context{}, is {}", most,
                              bos_added ? " without the bos token" : "", *options.stride)};
  return std::nullopt;
}

/// Takes documents one after the other, so that no more are read than the limit needs.
class WindowCutter {
 public:
  /// several: there is more than one document, so that windows say which one they are part of.
  WindowCutter(const WindowOptions& options, const std::string& name, bool several)
      : options_(options), name_(name), several_(several) {
    NF_CHECK(options.context >= 2, "context of {}", options.context);
    const std::optional<WindowOptionsError> error = find_error(options);
    NF_CHECK(!error, "{}: {}", error->option, error->cause);
    windows_.context_ = options.context;
    windows_.convention_ = convention_name(options.convention);
  }

  bool full() const { return options_.limit && windows_.count() == *options_.limit; }

  /// `document.bytes` is empty where it is not known. size: of the document's text, bytes;
  /// -1: not known.
  void add(Encoding document, Index size = -1) {
    ++documents_;
    if (bos_opens_documents(options_)) {
      document.ids.insert(document.ids.begin(), options_.bos_id);
      if (!document.bytes.empty()) document.bytes.insert(document.bytes.begin(), 0);
    }
    const Index tokens = static_cast<Index>(document.ids.size());
    const std::vector<Cut> cuts = cut_document(tokens, options_);
    const std::vector<Index> starts = byte_starts(document, size);
    const bool is_short = tokens + (bos_opens_windows(options_) ? 1 : 0) < options_.context;
    if (is_short && (drops_short_documents() || !cuts.empty())) ++short_documents_;
    for (const Cut& cut : cuts) {
      if (full()) break;
      windows_.items_.push_back(item(document, cut));
      windows_.places_.push_back(place(document, cut, starts));
    }
  }

  TokenWindows finish() {
    if (windows_.count() == 0)
      throw DataError(fmt::format(
          "{}: no window with a token to score; the text is empty or too short{}", name_,
          drops_short_documents()
              ? fmt::format(", convention llama.cpp needs {} tokens", options_.context)
              : ""));
    if (short_documents_ > 0 && options_.convention != Convention::strided)
      warn(fmt::format("{} of {} shorter than the context of {}; {}", short_documents_,
                       counted(documents_, "document"), counted(options_.context, "token"),
                       drops_short_documents() ? "convention llama.cpp leaves them out"
                                               : "each is one shorter window"));
    if (options_.limit && windows_.count() < *options_.limit)
      warn(fmt::format("{}, {} were asked for", counted(windows_.count(), "window"),
                       *options_.limit));
    return std::move(windows_);
  }

 private:
  bool drops_short_documents() const { return options_.convention == Convention::llama_cpp; }

  EvalItem item(const Encoding& document, const Cut& cut) const {
    EvalItem item;
    const bool bos_added = bos_opens_windows(options_);
    if (bos_added) item.ids.push_back(options_.bos_id);
    item.ids.insert(item.ids.end(), document.ids.begin() + cut.begin,
                    document.ids.begin() + cut.end);
    if (options_.bos == Bos::window) item.ids.front() = options_.bos_id;  // llama.cpp: instead
    item.layout = Layout::window(static_cast<Index>(item.ids.size()));
    const Index first = cut.begin - (bos_added ? 1 : 0);  // the document's place of row 0
    for (Index t = cut.scored; t < cut.end; ++t)
      item.targets.push_back(
          {.row = t - 1 - first, .token = document.ids[static_cast<std::size_t>(t)]});
    item.first_row = windows_.count() * options_.context;
    if (several_) item.document = documents_ - 1;
    if (!document.bytes.empty())
      item.bytes = std::accumulate(document.bytes.begin() + cut.scored,
                                   document.bytes.begin() + cut.end, Index{0});
    return item;
  }

  /// starts: byte_starts() of the document.
  WindowPlace place(const Encoding& document, const Cut& cut,
                    const std::vector<Index>& starts) const {
    WindowPlace place{.document = documents_ - 1};
    if (starts.empty()) return place;
    place.first_byte = starts[static_cast<std::size_t>(cut.begin)];
    place.bytes.assign(document.bytes.begin() + cut.begin, document.bytes.begin() + cut.end);
    place.scored = cut.scored - cut.begin;
    return place;
  }

  void warn(const std::string& what) { windows_.warnings_.push_back(name_ + ": " + what); }

  WindowOptions options_;
  std::string name_;
  bool several_;
  TokenWindows windows_;
  Index documents_ = 0, short_documents_ = 0;
};

TokenWindows TokenWindows::from_documents(const std::vector<std::string>& documents,
                                          const Tokenizer& tokenizer, const WindowOptions& options,
                                          const std::string& name) {
  WindowCutter cutter(options, name, documents.size() > 1);
  for (const std::string& document : documents) {
    if (cutter.full()) break;
    check_utf8(document, name);
    cutter.add(tokenizer.encode_with_bytes(document), std::ssize(document));
  }
  return cutter.finish();
}

TokenWindows TokenWindows::from_ids(const std::vector<std::vector<std::int32_t>>& documents,
                                    const WindowOptions& options, const std::string& name) {
  WindowCutter cutter(options, name, documents.size() > 1);
  for (const std::vector<std::int32_t>& document : documents) {
    if (cutter.full()) break;
    cutter.add({.ids = document, .bytes = {}});
  }
  return cutter.finish();
}

}  // namespace nf
