#include "eval/data/windows.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/io/content_hash.h"
#include "core/io/read_file.h"
#include "core/text/utf8.h"

namespace nf {

TokenWindows TokenWindows::from_documents(const std::vector<std::string>& documents,
                                          const Tokenizer& tokenizer, const WindowOptions& options,
                                          const std::string& name) {
  NF_CHECK(options.context >= 2, "context of {}", options.context);
  TokenWindows windows;
  windows.context_ = options.context;
  const Index bos_in_window = options.bos == Bos::window ? 1 : 0;
  const Index step = options.context - bos_in_window;  // text tokens in a window
  Index short_documents = 0;
  const auto full = [&] { return options.limit && windows.count() == *options.limit; };
  for (std::size_t d = 0; d < documents.size() && !full(); ++d) {
    check_utf8(documents[d], name);
    std::vector<std::int32_t> ids = tokenizer.encode(documents[d]);
    if (options.bos == Bos::document) ids.insert(ids.begin(), options.bos_id);
    const Index tokens = static_cast<Index>(ids.size());
    const bool is_short = tokens < step;
    for (Index begin = 0; is_short ? begin == 0 : begin + step <= tokens; begin += step) {
      if (full()) break;
      const Index length = std::min(step, tokens - begin);
      if (length + bos_in_window < 2) break;  // nothing to score
      if (is_short) ++short_documents;
      if (bos_in_window == 1) windows.ids_.push_back(options.bos_id);
      windows.ids_.insert(windows.ids_.end(), ids.begin() + begin, ids.begin() + begin + length);
      windows.starts_.push_back(static_cast<Index>(windows.ids_.size()));
    }
  }
  if (windows.count() == 0)
    throw DataError(
        fmt::format("{}: no window with a token to score; the text is empty or too short", name));
  if (short_documents > 0)
    windows.warnings_.push_back(fmt::format(
        "{}: {} of {} documents shorter than the context of {} tokens; each is one shorter window",
        name, short_documents, documents.size(), options.context));
  if (options.limit && windows.count() < *options.limit)
    windows.warnings_.push_back(
        fmt::format("{}: {} windows, {} were asked for", name, windows.count(), *options.limit));
  return windows;
}

TokenWindows TokenWindows::from_ids(std::vector<std::int32_t> ids, Index context) {
  TokenWindows windows;
  windows.context_ = context;
  windows.ids_ = std::move(ids);
  for (Index end = context; end <= static_cast<Index>(windows.ids_.size()); end += context)
    windows.starts_.push_back(end);
  return windows;
}

std::span<const std::int32_t> TokenWindows::window(Index w) const {
  const auto i = static_cast<std::size_t>(w);
  return std::span(ids_).subspan(static_cast<std::size_t>(starts_[i]),
                                 static_cast<std::size_t>(starts_[i + 1] - starts_[i]));
}

Index TokenWindows::scored(Index first, Index last) const {
  return starts_[static_cast<std::size_t>(last)] - starts_[static_cast<std::size_t>(first)] -
         (last - first);
}

std::string TokenWindows::hash() const {
  ContentHash hash;
  hash.add(fmt::format("window/1 context {}", context_));
  hash.add(std::as_bytes(std::span(starts_)));
  hash.add(std::as_bytes(std::span(ids_)));
  return hash.hex();
}

std::vector<std::string> read_jsonl_documents(const std::filesystem::path& path,
                                              const std::string& field) {
  const std::string text = read_text_file(path);
  std::vector<std::string> documents;
  std::size_t begin = 0;
  for (Index line = 1; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view content = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (content.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    check_utf8(content, fmt::format("{}:{}", path.string(), line));
    const Json json = Json::parse(content, nullptr, false);
    if (!json.is_object())
      throw DataError(fmt::format("{}:{}: not a JSON object", path.string(), line));
    const auto value = json.find(field);
    if (value == json.end() || !value->is_string())
      throw DataError(fmt::format("{}:{}: no text under \"{}\"", path.string(), line, field));
    documents.push_back(value->get<std::string>());
  }
  return documents;
}

}  // namespace nf
