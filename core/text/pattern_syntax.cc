#include "core/text/pattern_syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/types.h"
#include "core/base/utf8.h"

namespace nf {
namespace {

// Oniguruma's \w. Outside of a class it goes by a table of Latin-1 for the first 256 characters, in
// which the superscripts and fractions are word characters.
constexpr std::string_view kWordInClass = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
constexpr std::string_view kWordClass =
    "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";
constexpr std::string_view kHexDigitClass = "0-9A-Fa-f";
constexpr std::string_view kVerticalTab = "\\x{b}";

// Escapes that mean the same to both, beside those of punctuation.
constexpr std::string_view kSameEscapes = "tnrfaedDAZzGxpP123456789";

constexpr auto kCategories = std::to_array<std::string_view>(
    {"L",  "Lu", "Ll", "Lt", "Lm", "Lo", "M",  "Mn", "Mc", "Me", "N",  "Nd", "Nl",
     "No", "P",  "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S",  "Sm", "Sc", "Sk",
     "So", "Z",  "Zs", "Zl", "Zp", "C",  "Cc", "Cf", "Co", "Cn", "Any"});

// The scripts that recent_characters.h keeps too.
constexpr auto kScripts = std::to_array<std::string_view>(
    {"Greek", "Han", "Hangul", "Hebrew", "Hiragana", "Katakana", "Latin", "Thai"});

// Not alpha and alnum: a mark may or may not be Alphabetic, which recent_characters.h does not
// keep.
constexpr auto kPosixClasses = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"digit", "\\p{Nd}"},
    {"punct", "\\p{P}\\p{S}"},
    {"space", kWhiteSpaceClass},
    {"xdigit", kHexDigitClass},
});

bool is_ascii_letter_or_digit(char c) {
  return static_cast<unsigned char>(c) < 0x80 && std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// One pass over the pattern. Remembers where in the output the last atom (what a quantifier would
/// repeat) begins, because an interval may have to be wrapped in a group after the fact.
class Rewriter {
 public:
  Rewriter(std::string_view pattern, const std::string& place) : in_(pattern), place_(place) {}

  std::string run() {
    while (at_ < in_.size()) {
      switch (in_[at_]) {
        case '\\':
          escape();
          break;
        case '[':
          character_class();
          break;
        case '(':
          open_group();
          break;
        case ')':
          close_group();
          break;
        case '{':
          interval();
          break;
        case '*':
        case '+':
        case '?':
          copy(1);
          break;
        default:
          begin_atom();
          copy(static_cast<std::size_t>(utf8_length(in_[at_])));
      }
    }
    close_options(top_level_);
    return std::move(out_);
  }

 private:
  struct Group {
    std::size_t begin = 0;    ///< where it begins in the output
    int pending_options = 0;  ///< groups opened for (?i) in its middle, to be closed with it
  };

  [[noreturn]] void refuse(std::string_view cause) const {
    throw DataError(fmt::format("{}: pattern '{}': byte {}: {}", place_, in_, at_, cause));
  }

  bool next_is(std::string_view text) const {
    return in_.substr(at_).substr(0, text.size()) == text;
  }
  void begin_atom() { atom_ = out_.size(); }
  void copy(std::size_t bytes) {
    out_ += in_.substr(at_, bytes);
    at_ += bytes;
  }
  void replace(std::size_t bytes, std::string_view text) {
    out_ += text;
    at_ += bytes;
  }
  void close_options(Group& group) {
    out_.append(static_cast<std::size_t>(group.pending_options), ')');
    group.pending_options = 0;
  }

  void escape() {
    begin_atom();
    if (at_ + 1 == in_.size()) refuse("ends with a backslash");
    switch (in_[at_ + 1]) {
      case 's':
        return replace(2, fmt::format("[{}]", kWhiteSpaceClass));
      case 'S':
        return replace(2, fmt::format("[^{}]", kWhiteSpaceClass));
      case 'w':
        return replace(2, fmt::format("[{}]", kWordClass));
      case 'W':
        return replace(2, fmt::format("[^{}]", kWordClass));
      case 'h':
        return replace(2, fmt::format("[{}]", kHexDigitClass));
      case 'H':
        return replace(2, fmt::format("[^{}]", kHexDigitClass));
      case 'b':
        return replace(2, fmt::format("(?:(?<=[{0}])(?![{0}])|(?<![{0}])(?=[{0}]))", kWordClass));
      case 'B':
        return replace(2, fmt::format("(?:(?<=[{0}])(?=[{0}])|(?<![{0}])(?![{0}]))", kWordClass));
      default:
        return common_escape();
    }
  }

  void escape_in_class() {
    if (at_ + 1 == in_.size()) refuse("ends with a backslash");
    switch (in_[at_ + 1]) {
      case 's':
        return replace(2, kWhiteSpaceClass);
      case 'S':
        return replace(2, "\\S\\x{180e}");  // the one character that PCRE2's \s has too many
      case 'w':
        return replace(2, kWordInClass);
      case 'h':
        return replace(2, kHexDigitClass);
      case 'b':
        return copy(2);
      case 'W':
      case 'H':
        refuse(fmt::format("'\\{}' inside [...] is not supported", in_[at_ + 1]));
      default:
        return common_escape();
    }
  }

  /// The escapes that are alike inside and outside of a class.
  void common_escape() {
    const char c = in_[at_ + 1];
    if (c == 'v') return replace(2, kVerticalTab);
    if (c == 'u') {
      const std::string_view digits = in_.substr(at_ + 2, 4);
      const bool hex = std::all_of(digits.begin(), digits.end(), [](char d) {
        return std::isxdigit(static_cast<unsigned char>(d)) != 0;
      });
      if (digits.size() != 4 || !hex) refuse("'\\u' needs four hexadecimal digits");
      return replace(6, fmt::format("\\x{{{}}}", digits));
    }
    if (is_ascii_letter_or_digit(c) && kSameEscapes.find(c) == std::string_view::npos) {
      refuse(fmt::format("the escape '\\{}' is not supported", c));
    }
    if (c == 'p' || c == 'P') return property();
    if (c == 'x' && in_.substr(at_ + 2, 1) == "{") {
      const std::size_t end = in_.find('}', at_);
      if (end == std::string_view::npos) refuse("'\\x{' has no '}'");
      return copy(end + 1 - at_);
    }
    // Two digits are one byte of UTF-8, not a character.
    if (c == 'x' && in_.substr(at_ + 2, 1) > "7") refuse("'\\x80' and above need '\\x{...}'");
    copy(1 + static_cast<std::size_t>(utf8_length(c)));
  }

  /// \p{Name}, \p{^Name}, \P{Name}
  void property() {
    const std::size_t end = in_.find('}', at_);
    if (in_.substr(at_ + 2, 1) != "{" || end == std::string_view::npos)
      refuse("'\\p' and '\\P' need '{...}'");
    const bool negated = in_.substr(at_ + 3, 1) == "^";
    const std::size_t begin = at_ + (negated ? 4 : 3);
    const std::string_view name = in_.substr(begin, end - begin);
    const auto is_name = [name](std::string_view known) { return known == name; };
    const bool is_script = std::any_of(kScripts.begin(), kScripts.end(), is_name);
    if (!is_script && std::none_of(kCategories.begin(), kCategories.end(), is_name))
      refuse(fmt::format("the property '{}' is not supported", name));
    // PCRE2 takes a bare name of a script as the wider property Script_Extensions.
    replace(end + 1 - at_, fmt::format("\\{}{{{}{}{}}}", in_[at_ + 1], negated ? "^" : "",
                                       is_script ? "sc:" : "", name));
  }

  void character_class() {
    begin_atom();
    copy(1);
    if (next_is("^")) copy(1);
    if (next_is("]")) copy(1);
    class_items();
    copy(1);
  }

  /// Up to the ']' that ends the class.
  void class_items() {
    while (!next_is("]")) {
      if (at_ == in_.size()) refuse("'[' has no ']'");
      if (next_is("[:")) {
        posix_class();
      } else if (next_is("[")) {
        nested_class();
      } else if (next_is("&&")) {
        refuse("'&&' inside [...] is not supported");
      } else if (next_is("\\")) {
        escape_in_class();
      } else if (next_is("-]")) {
        replace(1, "\\-");  // would make a range with what follows a nested class
      } else {
        copy(static_cast<std::size_t>(utf8_length(in_[at_])));
      }
    }
  }

  /// A class inside a class adds its characters to it: PCRE2 gets them without the brackets.
  void nested_class() {
    ++at_;
    if (next_is("^")) refuse("a negated class inside a class is not supported");
    if (next_is("-")) replace(1, "\\-");
    if (next_is("]")) replace(1, "\\]");
    class_items();
    ++at_;
    if (next_is("-") && !next_is("-]")) replace(1, "\\-");
  }

  void posix_class() {
    for (const auto& [name, inside] : kPosixClasses) {
      const std::string spelling = fmt::format("[:{}:]", name);
      if (next_is(spelling)) return replace(spelling.size(), inside);
    }
    refuse("this POSIX class is not supported");
  }

  void open_group() {
    static constexpr std::array<std::string_view, 8> kKinds = {"(?:",  "(?=",  "(?!",  "(?>",
                                                               "(?<=", "(?<!", "(?i:", "(?-i:"};
    if (next_is("(*")) refuse("'(*' is not supported");
    if (next_is("(?#")) {
      const std::size_t end = in_.find(')', at_);
      if (end == std::string_view::npos) refuse("'(?#' has no ')'");
      at_ = end + 1;
      return;
    }
    for (const std::string_view option : {"(?i)", "(?-i)"}) {
      if (!next_is(option)) continue;
      Group& group = groups_.empty() ? top_level_ : groups_.back();
      ++group.pending_options;
      out_ += option.substr(0, option.size() - 1);
      out_ += ':';
      at_ += option.size();
      return;
    }
    std::size_t length = 1;
    if (next_is("(?")) {
      const auto kind = std::find_if(kKinds.begin(), kKinds.end(),
                                     [this](std::string_view k) { return next_is(k); });
      if (kind == kKinds.end()) refuse("this kind of group is not supported");
      length = kind->size();
    }
    groups_.push_back({out_.size(), 0});
    copy(length);
  }

  void close_group() {
    if (groups_.empty()) refuse("')' has no '('");
    close_options(groups_.back());
    atom_ = groups_.back().begin;
    groups_.pop_back();
    copy(1);
  }

  /// {n}, {n,}, {n,m} or {,m}; any other '{' is a character like others.
  void interval() {
    std::size_t end = at_ + 1;
    const auto digits = [&] {
      const std::size_t begin = end;
      while (end < in_.size() && in_[end] >= '0' && in_[end] <= '9') ++end;
      return in_.substr(begin, end - begin);
    };
    const std::string_view low = digits();
    const bool has_comma = in_.substr(end, 1) == ",";
    if (has_comma) ++end;
    const std::string_view high = has_comma ? digits() : std::string_view();
    if (in_.substr(end, 1) != "}" || (low.empty() && high.empty())) {
      begin_atom();
      return replace(1, "\\{");
    }
    replace(end + 1 - at_,
            fmt::format("{{{}{}{}}}", low.empty() ? "0" : low, has_comma ? "," : "", high));
    if (next_is("+") || (next_is("?") && !has_comma)) {
      out_.insert(atom_, "(?:");
      out_ += ')';
    }
  }

  std::string_view in_;
  const std::string& place_;
  std::size_t at_ = 0;
  std::string out_;
  std::size_t atom_ = 0;
  std::vector<Group> groups_;
  Group top_level_;
};

}  // namespace

std::string to_pcre2_syntax(std::string_view pattern, const std::string& place) {
  return Rewriter(pattern, place).run();
}

}  // namespace nf
