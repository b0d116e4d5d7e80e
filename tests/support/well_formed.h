#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/utf8.h"

namespace nf {

/// A reader of XML, and of HTML as a page writes it, that knows whether tags are closed in their
/// order, attributes are quoted and named once, and '&' and '<' are written out.
class MarkupReader {
 public:
  explicit MarkupReader(std::string_view text) : text_(text) {}

  /// Empty, or why it is not well-formed.
  std::string fault() {
    if (const auto wrong = find_invalid_utf8(text_)) return "no UTF-8 at " + std::to_string(*wrong);
    while (fault_.empty() && at_ < text_.size()) text_[at_] == '<' ? tag() : character();
    if (fault_.empty() && !open_.empty()) fail("<" + open_.back() + "> is not closed");
    return fault_;
  }

 private:
  void fail(const std::string& why) {
    if (fault_.empty())
      fault_ = why + " before: " + std::string(text_.substr(std::min(at_, text_.size()), 60));
  }

  bool take(std::string_view piece) {
    if (!text_.substr(at_).starts_with(piece)) return false;
    at_ += piece.size();
    return true;
  }

  void skip_behind(std::string_view end) {
    const std::size_t found = text_.find(end, at_);
    if (found == std::string_view::npos) return fail("no " + std::string(end));
    at_ = found + end.size();
  }

  std::string name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  text_[at_] == '-' || text_[at_] == ':'))
      ++at_;
    if (at_ == start) fail("no name");
    return std::string(text_.substr(start, at_ - start));
  }

  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  void character() {
    const auto code = static_cast<unsigned char>(text_[at_]);
    if (code < 0x20 && code != '\n' && code != '\t') return fail("a control character");
    if (text_.substr(at_).starts_with("\xEF\xBF\xBF")) return fail("U+FFFF");
    if (code != '&') {
      ++at_;
      return;
    }
    for (const char* entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#123;"})
      if (take(entity)) return;
    fail("a bare &");
  }

  void attributes() {
    std::set<std::string> names;
    for (blanks(); fault_.empty() && at_ < text_.size() && text_[at_] != '>' && text_[at_] != '/';
         blanks()) {
      if (!names.insert(name()).second) return fail("an attribute twice");
      if (!take("=\"")) return fail("an attribute without quotes");
      while (fault_.empty() && at_ < text_.size() && text_[at_] != '"')
        text_[at_] == '<' ? fail("< in an attribute") : character();
      take("\"");
    }
  }

  void tag() {
    if (take("<?")) return skip_behind("?>");
    if (take("<!--")) return skip_behind("-->");
    if (take("<!DOCTYPE html>")) return;
    if (take("</")) {
      const std::string closed = name();
      if (open_.empty() || open_.back() != closed) return fail("</" + closed + "> out of order");
      open_.pop_back();
      if (!take(">")) fail("no >");
      return;
    }
    take("<");
    const std::string opened = name();
    attributes();
    if (!fault_.empty() || take("/>")) return;
    if (!take(">")) return fail("no >");
    if (opened == "meta") return;  // the only one of a page that HTML does not close
    if (opened == "style" || opened == "script") return skip_behind("</" + opened + ">");
    open_.push_back(opened);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> open_{};
  std::string fault_{};
};

inline testing::AssertionResult is_well_formed(const std::string& text) {
  const std::string fault = MarkupReader(text).fault();
  return fault.empty() ? testing::AssertionSuccess() : testing::AssertionFailure() << fault;
}

/// Whether a picture is well-formed, and every number of it one that a reader of SVG knows.
inline testing::AssertionResult is_picture(const std::string& svg) {
  for (const char* number : {"\"nan", "\"-nan", "\"inf", "\"-inf", "Mnan", "Lnan", ",nan", " nan,"})
    if (svg.find(number) != std::string::npos)
      return testing::AssertionFailure() << number << " in " << svg;
  if (svg.find("<title>") == std::string::npos || svg.find("<desc>") == std::string::npos)
    return testing::AssertionFailure() << "no text in place of it: " << svg;
  return is_well_formed(svg);
}

}  // namespace nf
