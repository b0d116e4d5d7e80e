#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nf {

/// Text for HTML and XML, also inside quotes: & < > " ' are written out; control characters,
/// those that XML has not (U+FFFE), and bytes that are no UTF-8 become U+FFFD.
std::string escape_html(std::string_view text);

/// A table of a page; its texts are plain and escaped on the way out.
struct HtmlTable {
  std::string caption;                           ///< read out and shown above
  std::vector<std::string> columns;              ///< headings
  std::vector<std::vector<std::string>> rows{};  ///< the first cell of each is its heading
  /// Columns of numbers, aligned at the right and sorted as numbers; empty: all but the first.
  std::vector<bool> numbers{};
};

/// A piece of HTML that is well-formed by construction: text is escaped as it is added.
class HtmlFragment {
 public:
  HtmlFragment& heading(const std::string& text);  ///< below a section's title
  HtmlFragment& paragraph(const std::string& text);
  /// A sentence in larger letters: what a reader in a hurry takes along.
  HtmlFragment& headline(const std::string& text);
  HtmlFragment& list(const std::vector<std::string>& items);
  HtmlFragment& table(const HtmlTable& table);
  HtmlFragment& code(const std::string& text);  ///< as it stands, in lines
  /// Content behind a heading that opens it, for what is long. in_print: paper has it open.
  HtmlFragment& details(const std::string& summary, const HtmlFragment& content,
                        bool in_print = true);
  /// The place of a figure of the section, "{{figure:ID}}".
  HtmlFragment& figure(const std::string& id);

  /// All of another one.
  HtmlFragment& append(const HtmlFragment& content);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace nf
