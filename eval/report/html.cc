#include "eval/report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/check.h"
#include "core/base/utf8.h"

namespace nf {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void append_escaped(char letter, std::string& text) {
  const auto code = static_cast<unsigned char>(letter);
  if (letter == '&')
    text += "&amp;";
  else if (letter == '<')
    text += "&lt;";
  else if (letter == '>')
    text += "&gt;";
  else if (letter == '"')
    text += "&quot;";
  else if (letter == '\'')
    text += "&#39;";
  else if (letter == '{')  // "{{figure:...}}" in a name is no figure's place
    text += "&#123;";
  else if ((code < 0x20 && letter != '\n' && letter != '\t') || code == 0x7f)
    text += kReplacement;
  else
    text += letter;
}

/// Well-formed UTF-8, a replacement for each byte that is none.
std::string well_formed(std::string_view text) {
  std::string result;
  while (const std::optional<Index> wrong = find_invalid_utf8(text)) {
    const auto end = static_cast<std::size_t>(*wrong);
    result.append(text.substr(0, end)).append(kReplacement);
    text.remove_prefix(end + 1);
  }
  return result.append(text);
}

/// Blocks of scripts that run from right to left (Unicode 15.0, Bidi_Class R and AL).
bool runs_from_right(char32_t letter) {
  constexpr std::pair<char32_t, char32_t> kBlocks[] = {
      {0x590, 0x8ff}, {0xfb1d, 0xfdff}, {0xfe70, 0xfefe}, {0x10800, 0x10fff}, {0x1e800, 0x1efff}};
  return std::any_of(std::begin(kBlocks), std::end(kBlocks), [letter](const auto& block) {
    return letter >= block.first && letter <= block.second;
  });
}

/// Text of a sentence, words that run from right to left isolated: the numbers behind a name would
/// else be shown on its other side.
std::string sentence_html(const std::string& sentence) {
  const std::string text = escape_html(sentence);
  std::string result;
  std::size_t begin = std::string::npos, end = 0;  // of such words, blanks between them included
  const auto close = [&] {
    if (begin == std::string::npos) return;
    result += "<bdi>" + text.substr(begin, end - begin) + "</bdi>";
    result += text.substr(end, text.find_first_not_of(' ', end) - end);
    begin = std::string::npos;
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto length = static_cast<std::size_t>(utf8_length(text[at]));
    if (runs_from_right(code_point_at(text, static_cast<Index>(at)))) {
      if (begin == std::string::npos) begin = at;
      end = at + length;
    } else if (begin == std::string::npos || text[at] != ' ') {
      close();
      result += text.substr(at, length);
    }
    at += length;
  }
  close();
  return result;
}

bool is_number_column(const HtmlTable& table, std::size_t column) {
  return table.numbers.empty() ? column > 0 : table.numbers[column];
}

std::string table_row(const HtmlTable& table, const std::vector<std::string>& cells) {
  NF_CHECK(cells.size() == table.columns.size(), "{} cells, {} columns", cells.size(),
           table.columns.size());
  std::string text = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const char* number = is_number_column(table, i) ? " class=\"n\"" : "";
    if (i == 0)
      text += fmt::format("<th scope=\"row\"{}><bdi>{}</bdi></th>", number, escape_html(cells[i]));
    else
      text += is_number_column(table, i)
                  ? fmt::format("<td{}>{}</td>", number, escape_html(cells[i]))
                  : fmt::format("<td><bdi>{}</bdi></td>", escape_html(cells[i]));
  }
  return text + "</tr>\n";
}

std::string table_heading(const HtmlTable& table) {
  std::string text = "<thead><tr>";
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    text +=
        fmt::format("<th scope=\"col\"{}>{}</th>", is_number_column(table, i) ? " class=\"n\"" : "",
                    escape_html(table.columns[i]));
  return text + "</tr></thead>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  const std::string whole = well_formed(text);
  std::string result;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    const std::string_view three = std::string_view(whole).substr(at, 3);
    if (three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF") {  // U+FFFE, U+FFFF
      result += kReplacement;
      at += 2;
    } else {
      append_escaped(whole[at], result);
    }
  }
  return result;
}

HtmlFragment& HtmlFragment::heading(const std::string& text) {
  text_ += fmt::format("<h3><bdi>{}</bdi></h3>\n", escape_html(text));
  return *this;
}

HtmlFragment& HtmlFragment::paragraph(const std::string& text) {
  text_ += fmt::format("<p>{}</p>\n", sentence_html(text));
  return *this;
}

HtmlFragment& HtmlFragment::headline(const std::string& text) {
  text_ += fmt::format("<p class=\"headline\">{}</p>\n", sentence_html(text));
  return *this;
}

HtmlFragment& HtmlFragment::list(const std::vector<std::string>& items) {
  text_ += "<ul>\n";
  for (const std::string& item : items) text_ += fmt::format("<li>{}</li>\n", sentence_html(item));
  text_ += "</ul>\n";
  return *this;
}

HtmlFragment& HtmlFragment::table(const HtmlTable& table) {
  text_ += fmt::format("<div class=\"wide\" tabindex=\"0\"><table>\n<caption>{}</caption>\n",
                       escape_html(table.caption));
  text_ += table_heading(table) + "<tbody>\n";
  for (const std::vector<std::string>& row : table.rows) text_ += table_row(table, row);
  text_ += "</tbody></table></div>\n";
  return *this;
}

HtmlFragment& HtmlFragment::code(const std::string& text) {
  text_ += fmt::format("<pre tabindex=\"0\"><code>{}</code></pre>\n", escape_html(text));
  return *this;
}

HtmlFragment& HtmlFragment::details(const std::string& summary, const HtmlFragment& content,
                                    bool in_print) {
  text_ +=
      fmt::format("<details{}><summary>{}</summary>\n{}</details>\n",
                  in_print ? "" : " class=\"unprinted\"", escape_html(summary), content.text());
  return *this;
}

HtmlFragment& HtmlFragment::append(const HtmlFragment& content) {
  text_ += content.text_;
  return *this;
}

HtmlFragment& HtmlFragment::figure(const std::string& id) {
  text_ += fmt::format("{{{{figure:{}}}}}\n", id);
  return *this;
}

}  // namespace nf
