#include "eval/report/tail_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "eval/metrics/detail.h"
#include "eval/output/number_text.h"
#include "eval/report/report_lines.h"

namespace nf {
namespace {

constexpr Index kMostLines = 12, kMostLinesOfTokens = 6;
constexpr std::size_t kMostTokens = 5;  ///< of a line
constexpr std::size_t kLettersOfWindow = 160, kLettersBefore = 80;

std::optional<WindowText> text_of(const ReportPart& part, Index window) {
  if (!part.run->window_text) return std::nullopt;
  return part.run->window_text(part.model->model, window);
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

/// Line breaks and tabs are shown, so that a cell has one line.
std::string in_one_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n')
      line += "↵ ";
    else if (c == '\t')
      line += "⇥";
    else if (c != '\r')
      line += c;
  }
  return line;
}

/// The first letters of a text; letters: a bound, in bytes.
std::string beginning(const std::string& text, std::size_t letters) {
  if (text.size() <= letters) return in_one_line(text);
  while (letters > 0 && !begins_character(text[letters])) --letters;
  return in_one_line(text.substr(0, letters)) + " …";
}

std::string ending(const std::string& text, std::size_t letters) {
  if (text.size() <= letters) return in_one_line(text);
  std::size_t begin = text.size() - letters;
  while (begin < text.size() && !begins_character(text[begin])) ++begin;
  return "… " + in_one_line(text.substr(begin));
}

std::string whole(const WindowText& text) {
  std::string all = text.before;
  for (const std::string& token : text.tokens) all += token;
  return all;
}

double kl_of_window(const WindowSums& window) {
  return window.sums.kl / static_cast<double>(window.sums.tokens);
}

const WindowSums* worst_window(const ResultRow& row) {
  const WindowSums* worst = nullptr;
  for (const WindowSums& window : row.windows)
    if (window.sums.tokens > 0 && (worst == nullptr || kl_of_window(window) > kl_of_window(*worst)))
      worst = &window;
  return worst;
}

HtmlTable window_table(const ReportPart& part, const ShownLines& shown) {
  HtmlTable table{
      .caption =
          "The window that each trial damages most (of several seeds the first), and how "
          "it begins",
      .columns = {"trial", "window", "KL there", "times the trial's mean", "text"}};
  table.numbers = {false, true, true, true, false};
  for (const ResultLine* line : shown.lines) {
    const ResultRow& row = *line->samples().front();
    const WindowSums* const worst = worst_window(row);
    if (worst == nullptr) continue;
    const double mean = row.text.sums.kl / static_cast<double>(row.text.sums.tokens);
    const std::optional<WindowText> text = text_of(part, worst->window);
    table.rows.push_back({line->label(), std::to_string(worst->window),
                          figure_number(kl_of_window(*worst)),
                          mean > 0.0 ? fixed_number(kl_of_window(*worst) / mean, 2) : "",
                          text ? beginning(whole(*text), kLettersOfWindow) : ""});
  }
  return table;
}

/// A scored token of a row.
struct PlacedToken {
  Index window = 0;
  std::size_t token = 0;  ///< among the window's scored ones
  TokenDetail detail{};
};

/// The tokens of largest KL, the largest first.
std::vector<PlacedToken> worst_tokens(const ResultRow& row) {
  std::vector<PlacedToken> tokens;
  for (const WindowSums& window : row.windows) {
    if (window.sums.detail == nullptr) continue;
    const std::vector<TokenDetail>& details = window.sums.detail->tokens;
    for (std::size_t t = 0; t < details.size(); ++t)
      tokens.push_back({.window = window.window, .token = t, .detail = details[t]});
  }
  const std::size_t most = std::min(tokens.size(), kMostTokens);
  std::partial_sort(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(most),
                    tokens.end(), [](const PlacedToken& a, const PlacedToken& b) {
                      return std::tuple(-a.detail.kl, a.window, a.token) <
                             std::tuple(-b.detail.kl, b.window, b.token);
                    });
  tokens.resize(most);
  return tokens;
}

std::vector<std::string> token_cells(const ReportPart& part, const std::string& label,
                                     const PlacedToken& token) {
  std::string before, text;
  const std::optional<WindowText> window = text_of(part, token.window);
  if (window && token.token < window->tokens.size()) {
    std::string all = window->before;
    for (std::size_t t = 0; t < token.token; ++t) all += window->tokens[t];
    before = ending(all, kLettersBefore);
    text = "“" + in_one_line(window->tokens[token.token]) + "”";
  }
  return {label,
          figure_number(token.detail.kl),
          fixed_number(token.detail.confidence, 3),
          token.detail.top1 ? "yes" : "no",
          fmt::format("{}, {}", token.window, token.token),
          before,
          text};
}

HtmlTable token_table(const ReportPart& part) {
  HtmlTable table{
      .caption =
          "The tokens that trials damage most. Sure: the untouched model's probability of "
          "its most probable token; same: whether that is still the trial's",
      .columns = {"trial", "KL", "sure", "same", "window, token", "text before", "token"}};
  table.numbers = {false, true, true, false, true, false, false};
  for (const ResultLine* line : shown_lines(*part.model, kMostLinesOfTokens).lines)
    for (const PlacedToken& token : worst_tokens(*line->samples().front()))
      table.rows.push_back(token_cells(part, line->label(), token));
  return table;
}

}  // namespace

void add_tail_texts(const ReportPart& part, HtmlFragment& html) {
  const ShownLines shown = shown_lines(*part.model, kMostLines);
  const HtmlTable windows = window_table(part, shown);
  if (windows.rows.empty()) return;
  HtmlFragment tables;
  const std::string first = windows.rows.front().back();
  if (part.run->window_text && first.empty())
    tables.paragraph(
        "The text itself is not shown: model and data are not where they were, or no longer what "
        "was evaluated, or their tokenizer rewrites text, or token ids were given.");
  tables.table(windows);
  if (const std::string remark = shown.remark(); !remark.empty()) tables.paragraph(remark);
  if (const HtmlTable tokens = token_table(part); !tokens.rows.empty())
    tables.table(tokens);
  else
    tables.paragraph("With `detail: tokens` in the experiment, single tokens are shown here.");
  html.details("Windows and tokens with the largest KL", tables);
}

}  // namespace nf
