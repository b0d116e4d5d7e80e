#include "core/config/yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "core/base/byte_text.h"
#include "core/base/printable.h"
#include "core/base/utf8.h"
#include "core/io/json_fault.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

/// Levels of lists and mappings, as for JSON, and values in a whole file once its aliases stand
/// written out: everything that walks over the tree does so by recursion.
constexpr Index kMaxDepth = 64;
constexpr Index kMostValues = 1'000'000;

/// The library's words for the commonest slips, in plainer ones.
std::string plain_words(const std::string& message) {
  namespace Said = YAML::ErrorMsg;
  static const std::map<std::string, std::string> kWords = {
      {Said::END_OF_MAP, "this fits nothing above it; is the indentation right?"},
      {Said::END_OF_SEQ, "this fits nothing above it; is the indentation right?"},
      {Said::END_OF_MAP_FLOW, "a '{' is not closed; text with commas or brackets needs quotes"},
      {Said::END_OF_SEQ_FLOW, "a '[' is not closed; text with commas or brackets needs quotes"},
      {Said::EOF_IN_SCALAR, "a quote is not closed"},
      {Said::UNKNOWN_ANCHOR,
       "'*' stands for an alias, and no anchor has this name; a pattern needs quotes: \"*_proj\""},
      {Said::UNKNOWN_TOKEN, "text that begins like this needs quotes"},
      {Said::FLOW_END, "a '}' or ']' closes nothing"},
      {Said::MAP_VALUE, "a ':' too many; is the indentation right, or does a text need quotes?"},
  };
  if (message.starts_with(Said::INVALID_UNICODE)) return "an escape that is no character";
  const auto known = kWords.find(message);
  return known == kWords.end() ? message : known->second;
}

/// A text to be parsed in which escapes were made shorter.
struct ShortenedText {
  static constexpr std::string_view kPair = "\\uXXXX\\uXXXX", kOne = "\\UXXXXXXXX";

  std::string text;
  std::vector<YAML::Mark> places{};  ///< behind which a line is shorter than it was

  /// Where the parser stopped at the first of two escapes for the halves of a character, JSON's way
  /// to write it, puts YAML's one escape in their place; else false.
  bool join_halves(const YAML::Exception& error) {
    constexpr int kHalf = kPair.size() / 2;
    if (!error.msg.starts_with(YAML::ErrorMsg::INVALID_UNICODE) || error.mark.pos < kHalf)
      return false;
    const Index begin = error.mark.pos - kHalf;
    const std::optional<std::uint32_t> character = escaped_pair(text, begin);
    if (!character) return false;
    text.replace(static_cast<std::size_t>(begin), kPair.size(),
                 fmt::format("\\U{:08x}", *character));
    places.push_back(error.mark);
    places.back().column -= kHalf;
    return true;
  }

  /// The column of the text as it was, from 0.
  Index column(const YAML::Mark& mark) const {
    const auto count = std::count_if(places.begin(), places.end(), [&mark](const YAML::Mark& each) {
      return each.line == mark.line && each.column < mark.column;
    });
    return mark.column + count * static_cast<Index>(kPair.size() - kOne.size());
  }
};

/// True when the scalar at `position` begins with a quote that never ends: the library then takes
/// the rest of the file for its text without a word.
bool is_open_quote(std::string_view text, std::size_t position) {
  if (position < text.size() && text[position] == '&') {  // an anchor stands before it
    position = text.find_first_not_of(' ', text.find_first_of(" \n", position));
  }
  if (position >= text.size()) return false;
  const char quote = text[position];
  if (quote != '"' && quote != '\'') return false;
  for (std::size_t i = position + 1; i < text.size(); ++i) {
    const bool doubled = quote == '\'' && text.substr(i, 2) == "''";
    if (doubled || (quote == '"' && text[i] == '\\')) {
      ++i;  // '' and \" stand for the quote itself
    } else if (text[i] == quote) {
      return false;
    }
  }
  return true;
}

/// The column, from 0, of a tab in what stands before the text of a line, dashes of lists included.
std::optional<std::size_t> tab_before_text(std::string_view text, Index line) {
  for (; line > 0 && !text.empty(); --line)
    text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
  const std::size_t tab = text.find('\t');
  if (tab == std::string_view::npos || tab > text.find_first_not_of(" \t-")) return std::nullopt;
  return tab;
}

/// "${r}" where the library has stumbled over its '{': flow style begins a mapping there.
std::optional<std::string> open_reference(const YAML::Mark& mark, std::string_view text) {
  if (mark.pos < 1) return std::nullopt;
  const std::string_view before = text.substr(0, static_cast<std::size_t>(mark.pos));
  const std::string_view rest = text.substr(before.size());
  const std::size_t end = rest.find('}');
  if (!before.ends_with('$') || !rest.starts_with('{') || end == std::string_view::npos)
    return std::nullopt;
  return fmt::format("${}", printable(rest.substr(0, end + 1)));
}

/// The place and cause of a syntax error. A tab in the indentation is what the library stumbles
/// over, in that line or from the next one on.
std::pair<YAML::Mark, std::string> complaint(const YAML::Exception& error, std::string_view text) {
  for (const Index line : {error.mark.line, error.mark.line - 1}) {
    const std::optional<std::size_t> tab = line < 0 ? std::nullopt : tab_before_text(text, line);
    if (!tab) continue;
    YAML::Mark mark;
    mark.line = static_cast<int>(line);
    mark.column = static_cast<int>(*tab);
    return {mark, "a tab; YAML indents with blanks"};
  }
  if (const std::optional<std::string> reference = open_reference(error.mark, text))
    return {error.mark, fmt::format("in {{}} and [] a variable needs quotes: \"{}\"", *reference)};
  return {error.mark, plain_words(error.msg)};
}

/// The type of a list's style: EmitterStyle::value in older releases of the library, EmitterStyle
/// in newer.
template <typename Style>
Style style_argument(void (YAML::EventHandler::*)(const YAML::Mark&, const std::string&,
                                                  YAML::anchor_t, Style));
using Style = decltype(style_argument(&YAML::EventHandler::OnMapStart));

/// Builds a ConfigNode from the parser's events. (The library's own tree hides duplicate keys and
/// loses whether a scalar was quoted.)
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const ShortenedText& text, const std::string& name, const std::string& directory,
              ConfigErrors& errors)
      : text_(text), name_(name), directory_(directory), errors_(errors) {}

  const ConfigNode& root() const { return root_; }
  ConfigPlace place(const YAML::Mark& mark) const {
    return {name_, mark.line + 1, text_.column(mark) + 1, directory_};
  }
  Index documents() const { return documents_; }
  bool has_merge_keys() const { return has_merge_keys_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ < 2) return;
    errors_.add(place(mark), "",
                "a second document begins here, but only one is read; is the indentation right?");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(ConfigNode::null(place(mark)), {}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known != anchors_.end()) {
      check_depth(mark, known->second.extent.depth);
      return finish(known->second.node, known->second.extent, 0);
    }
    errors_.add(place(mark), "", "an alias cannot stand inside what it refers to");
    finish(ConfigNode::null(place(mark)), {}, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    const bool quoted = tag == "!";  // the library's mark for a scalar that is not plain
    if (quoted && is_open_quote(text_.text, static_cast<std::size_t>(mark.pos))) {
      throw YAML::ParserException(mark, YAML::ErrorMsg::EOF_IN_SCALAR);
    }
    finish(ConfigNode::scalar(value, quoted, place(mark)), {}, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       Style) override {
    refuse_tag(mark, tag);
    check_depth(mark, 1);
    open_.push_back({.is_mapping = false, .place = place(mark), .anchor = anchor});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  Style) override {
    refuse_tag(mark, tag);
    check_depth(mark, 1);
    open_.push_back({.is_mapping = true, .place = place(mark), .anchor = anchor});
  }
  void OnMapEnd() override { close(); }

 private:
  /// The size of a node with its aliases written out.
  struct Extent {
    Index depth = 0;  ///< levels of lists and mappings, its own included
    Index values = 1;
  };
  struct Anchored {
    ConfigNode node;
    Extent extent;
  };
  /// A list or mapping whose end has not come yet.
  struct Open {
    bool is_mapping = false;
    ConfigPlace place{};
    YAML::anchor_t anchor = 0;
    std::vector<ConfigNode> items{};
    std::vector<ConfigEntry> entries{};
    std::optional<ConfigNode> key{};  ///< of a mapping, while its value has not come yet
    Extent extent{.depth = 1};
  };

  /// levels: that are to be opened at `mark`.
  void check_depth(const YAML::Mark& mark, Index levels) const {
    if (std::ssize(open_) + levels > kMaxDepth)
      throw ConfigError(
          fmt::format("{}: nested deeper than {} levels", place(mark).str(), kMaxDepth));
  }

  /// The library hands on "?" for no tag and "!" for text by its quotes.
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      errors_.add(place(mark), "", fmt::format("tags such as '{}' are not read", tag));
    }
  }

  /// The parser's place so far: the path of the innermost open list or mapping.
  std::string path() const {
    std::string path;
    for (const Open& open : open_) {
      if (open.is_mapping && open.key) {
        path += (path.empty() ? "" : ".") + open.key->text();
      } else if (!open.is_mapping && &open != &open_.back()) {
        path += fmt::format("[{}]", open.items.size());
      }
    }
    return path;
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    finish(done.is_mapping ? ConfigNode::mapping(std::move(done.entries), done.place)
                           : ConfigNode::sequence(std::move(done.items), done.place),
           done.extent, done.anchor);
  }

  /// Puts a finished node where it belongs: the root, an item, a key or the value of the key before
  /// it.
  void finish(const ConfigNode& node, const Extent& extent, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = {node, extent};
    if (open_.empty()) {
      if (documents_ == 1) root_ = node;
      return;
    }
    Open& parent = open_.back();
    parent.extent.depth = std::max(parent.extent.depth, extent.depth + 1);
    parent.extent.values += extent.values;
    if (parent.extent.values > kMostValues)
      throw ConfigError(fmt::format("{}: more than {} values, its aliases written out",
                                    parent.place.str(), kMostValues));
    if (!parent.is_mapping) {
      parent.items.push_back(node);
    } else if (!parent.key) {
      parent.key = node;
    } else {
      const ConfigNode key = *std::exchange(parent.key, std::nullopt);
      // The library places an empty value at whatever comes next, maybe a line later.
      add_entry(parent, key, node.is_null() ? ConfigNode::null(key.place()) : node);
    }
  }

  void add_entry(Open& mapping, const ConfigNode& key, const ConfigNode& value) {
    if (!key.is_scalar()) {
      errors_.add(key.place(), path(), fmt::format("{} cannot be a key", describe(key)));
      return;
    }
    if (key.text() == "<<" && !key.is_quoted()) {
      has_merge_keys_ = true;
      errors_.add(key.place(), path(),
                  "merge keys ('<<') are not read; give keys that several places share under "
                  "'defaults' at the top level, or whole values by an anchor (&name, *name)");
      return;
    }
    for (const ConfigEntry& entry : mapping.entries) {
      if (entry.key != key.text()) continue;
      errors_.add(key.place(), path(),
                  fmt::format("key '{}' is given twice; it stands on line {} already", entry.key,
                              entry.key_place.line));
      return;
    }
    mapping.entries.push_back({key.text(), key.place(), value});
  }

  const ShortenedText& text_;
  const std::string& name_;
  const std::string& directory_;
  ConfigErrors& errors_;
  ConfigNode root_;
  Index documents_ = 0;
  bool has_merge_keys_ = false;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
};

/// Throws ConfigError "NAME:LINE:COL: ..." at the first byte that is not UTF-8.
void check_utf8_text(const std::string& text, const std::string& name) {
  const std::optional<Index> at = find_invalid_utf8(text);
  if (!at) return;
  const std::string_view before = std::string_view(text).substr(0, static_cast<std::size_t>(*at));
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const ConfigPlace place{.source = name,
                          .line = 1 + std::count(before.begin(), before.end(), '\n'),
                          .column = static_cast<Index>(before.size() - line_begin) + 1};
  throw ConfigError(
      fmt::format("{}: byte {} does not belong to UTF-8 text; write the text as UTF-8", place.str(),
                  byte_text(text.substr(before.size(), 1))));
}

/// The tree of a text; nullopt where it was shortened and is to be parsed again.
std::optional<ConfigNode> parse_once(ShortenedText& text, const std::string& name,
                                     const std::string& directory, ConfigErrors& errors) {
  TreeBuilder builder(text, name, directory, errors);
  try {
    std::istringstream stream(text.text);
    YAML::Parser parser(stream);
    while (builder.documents() < 2 && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    if (text.join_halves(error)) return std::nullopt;
    const auto [mark, cause] = complaint(error, text.text);
    throw ConfigError(fmt::format("{}: not valid YAML: {}", builder.place(mark).str(), cause));
  }
  // What they would have brought is missed everywhere: mistakes that are none.
  if (builder.has_merge_keys()) errors.throw_if_any();
  return builder.root();
}

}  // namespace

ConfigNode parse_yaml(const std::string& given, const std::string& name, ConfigErrors& errors,
                      const std::optional<std::string>& directory) {
  const std::string byte_order_mark = "\xEF\xBB\xBF";
  ShortenedText text{given.starts_with(byte_order_mark) ? given.substr(3) : given};
  const std::string base =
      directory ? *directory : std::filesystem::path(name).parent_path().string();
  check_utf8_text(text.text, name);
  std::optional<ConfigNode> root;
  while (!root) root = parse_once(text, name, base, errors);
  if (root->is_null()) throw ConfigError(fmt::format("{}:1:1: there is nothing in it", name));
  return *std::move(root);
}

ConfigNode read_yaml_file(const std::string& file, ConfigErrors& errors) {
  std::string text;
  try {
    text = read_text_file(file);
  } catch (const DataError& error) {
    throw ConfigError(
        error.what());  // an experiment that cannot be read is a mistake in the command
  }
  return parse_yaml(text, file, errors);
}

}  // namespace nf
