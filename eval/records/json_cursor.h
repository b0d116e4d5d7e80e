#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace nf {

/// Walks through one line of JSON that this program has written, without making a tree of it. It
/// checks no more than it needs to find its way: what it does not expect makes it fail() for good,
/// and whoever walks reads the line with a real parser instead.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : text_(text) {}

  bool failed() const { return failed_; }
  bool at_end() const { return at_ == text_.size(); }
  void fail() {
    failed_ = true;
    at_ = text_.size();
  }

  /// Takes the character, if it is the next one.
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail();
  }

  /// Calls member(key) for each member of an object; it must take the value.
  template <typename Member>
  void object(const Member& member) {
    expect('{');
    if (take('}')) return;
    while (!failed_) {
      const std::string_view key = plain_text();
      expect(':');
      if (failed_) return;
      member(key);
      if (take('}')) return;
      expect(',');
    }
  }
  /// Calls element() for each element of an array; it must take the value.
  template <typename Element>
  void array(const Element& element) {
    expect('[');
    if (take(']')) return;
    while (!failed_) {
      element();
      if (take(']')) return;
      expect(',');
    }
  }

  /// A string of ASCII without escapes.
  std::string_view plain_text();
  bool flag();
  template <typename Number>
  requires std::integral<Number> || std::floating_point<Number> Number number() {
    Number value{};
    const auto read = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (read.ec != std::errc{}) {
      fail();
      return value;
    }
    at_ = static_cast<std::size_t>(read.ptr - text_.data());
    return value;
  }
  bool take_null();
  /// Passes over a value, whatever it is; its text.
  std::string_view skip();

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace nf
