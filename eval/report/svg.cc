#include "eval/report/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "eval/output/cut_middle.h"
#include "eval/output/table.h"
#include "eval/report/html.h"

namespace nf {
namespace {

constexpr double kLetter = 0.6;  // mean width of a letter over its height, sans serif

/// Hundredths of a mm, without what a reader of numbers does not need.
std::string mm(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string opacity_attribute(const char* name, double opacity) {
  return opacity == 1.0 ? "" : fmt::format(" {}=\"{}\"", name, mm(opacity));
}

std::string stroke_attributes(const Stroke& stroke) {
  std::string text;
  if (stroke.width != 0.25) text += fmt::format(" stroke-width=\"{}\"", mm(stroke.width));
  if (!stroke.dash.empty()) text += fmt::format(" stroke-dasharray=\"{}\"", stroke.dash);
  return text + opacity_attribute("stroke-opacity", stroke.opacity);
}

std::string look_attributes(const TextLook& look) {
  std::string text;
  if (look.anchor != Anchor::start)
    text += fmt::format(" text-anchor=\"{}\"", look.anchor == Anchor::end ? "end" : "middle");
  if (look.size != TextLook{}.size) text += fmt::format(" font-size=\"{}\"", mm(look.size));
  if (look.bold) text += " font-weight=\"bold\"";
  if (!look.color.empty()) text += fmt::format(" fill=\"{}\"", look.color);
  return text + opacity_attribute("fill-opacity", look.opacity);
}

using Corners = std::vector<std::pair<double, double>>;

/// The corners of a shape around 0, of radius 1.
Corners corners_of(Shape shape) {
  constexpr double s = 0.89;
  switch (shape) {
    case Shape::square:
      return {{-s, -s}, {s, -s}, {s, s}, {-s, s}};
    case Shape::diamond:
      return {{0, -1.25}, {1.25, 0}, {0, 1.25}, {-1.25, 0}};
    case Shape::triangle:
      return {{0, -1.2}, {1.15, 0.85}, {-1.15, 0.85}};
    case Shape::down:
      return {{0, 1.2}, {1.15, -0.85}, {-1.15, -0.85}};
    default:
      return {};
  }
}

/// Shapes of lines alone: pairs of ends.
std::vector<std::pair<double, double>> strokes_of(Shape shape) {
  constexpr double s = 0.85;
  switch (shape) {
    case Shape::cross:
      return {{-s, -s}, {s, s}, {-s, s}, {s, -s}};
    case Shape::plus:
      return {{-1.2, 0}, {1.2, 0}, {0, -1.2}, {0, 1.2}};
    case Shape::star:
      return {{-1.2, 0}, {1.2, 0}, {-0.6, -1.04}, {0.6, 1.04}, {-0.6, 1.04}, {0.6, -1.04}};
    default:
      return {};
  }
}

}  // namespace

Shape series_shape(int series) { return static_cast<Shape>(series % kSeriesLooks); }

std::string series_color(int series) {
  static constexpr std::array<const char*, kSeriesLooks> kColors = {
      "#0072b2", "#c44e00", "#00805c", "#a3478a", "#8a6900", "#5b5b5b", "#2f8fc4", "#7a4fbf"};
  return kColors[static_cast<std::size_t>(series % kSeriesLooks)];
}

double text_width(const std::string& text, double size) {
  return static_cast<double>(display_width(text)) * kLetter * size;
}

std::string fitting_text(const std::string& text, double width, double size) {
  if (text_width(text, size) <= width) return text;
  return cut_middle(text, std::max<Index>(1, static_cast<Index>(width / (kLetter * size))));
}

std::vector<std::string> fitting_texts(const std::vector<std::string>& texts, double width,
                                       double size) {
  constexpr std::array<Index, 5> kQuarters = {2, 1, 3, 0, 4};
  const auto letters = std::max<Index>(1, static_cast<Index>(width / (kLetter * size)));
  const std::size_t apart = std::set<std::string>(texts.begin(), texts.end()).size();
  std::vector<std::string> best;
  std::size_t most = 0;
  for (const Index quarters : kQuarters) {
    std::vector<std::string> cut;
    for (const std::string& text : texts)
      cut.push_back(text_width(text, size) <= width ? text : cut_middle(text, letters, quarters));
    const std::size_t told = std::set<std::string>(cut.begin(), cut.end()).size();
    if (told > most) most = told, best = std::move(cut);
    if (most == apart) break;
  }
  return best;
}

Svg::Svg(double width, double height, const std::string& title, const std::string& description)
    : head_(fmt::format(
          "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{0}mm\" height=\"{1}mm\" "
          "viewBox=\"0 0 {0} {1}\" font-family=\"system-ui, Helvetica, Arial, sans-serif\" "
          "font-size=\"2.6\" fill=\"currentColor\" stroke=\"currentColor\" "
          "stroke-width=\"0.25\">\n<title>{2}</title>\n<desc>{3}</desc>\n",
          mm(width), mm(height), escape_html(title), escape_html(description))) {}

void Svg::open_series(int series) {
  body_ +=
      fmt::format("<g class=\"s{}\" color=\"{}\">", series % kSeriesLooks, series_color(series));
}

void Svg::open_plain() { body_ += "<g>"; }
void Svg::close() { body_ += "</g>\n"; }

void Svg::open_value(const std::string& value) {
  body_ += fmt::format("<g><title>{}</title>", escape_html(value));
}

void Svg::line(double x1, double y1, double x2, double y2, const Stroke& stroke) {
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{}/>", mm(x1), mm(y1), mm(x2),
                       mm(y2), stroke_attributes(stroke));
}

void Svg::polyline(const std::vector<std::pair<double, double>>& points, const Stroke& stroke) {
  std::string places;
  for (const auto& [x, y] : points) places += mm(x) + "," + mm(y) + " ";
  if (places.empty()) return;
  places.pop_back();
  body_ +=
      fmt::format("<polyline points=\"{}\" fill=\"none\"{}/>", places, stroke_attributes(stroke));
}

void Svg::rect(double x, double y, double width, double height, double opacity) {
  body_ +=
      fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" stroke=\"none\"{}/>", mm(x),
                  mm(y), mm(width), mm(height), opacity_attribute("fill-opacity", opacity));
}

void Svg::cell(double x, double y, double width, double height, const std::string& color) {
  body_ += fmt::format(
      "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" stroke=\"none\" fill=\"{}\"/>", mm(x),
      mm(y), mm(width), mm(height), color);
}

void Svg::hatch(double x, double y, double width, double height, const std::string& color) {
  constexpr double step = 1.4;
  std::string path;
  for (double at = step / 2; at < width + height; at += step) {
    const double x1 = std::min(at, width), y1 = at - x1;   // from the upper or right side
    const double y2 = std::min(at, height), x2 = at - y2;  // to the left or lower side
    path += fmt::format("M{} {}L{} {}", mm(x + x1), mm(y + y1), mm(x + x2), mm(y + y2));
  }
  body_ += fmt::format("<path d=\"{}\" stroke=\"{}\" stroke-width=\"0.2\"/>", path, color);
}

void Svg::marker(Shape shape, double x, double y, double size, bool hollow) {
  const std::string fill = hollow ? " class=\"h\" fill=\"#fff\" stroke-width=\"0.35\"" : "";
  if (shape == Shape::circle) {
    body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}/>", mm(x), mm(y), mm(size), fill);
    return;
  }
  const Corners corners = corners_of(shape);
  std::string path;
  for (const auto& [dx, dy] : corners)
    path += (path.empty() ? "M" : "L") + mm(x + dx * size) + " " + mm(y + dy * size);
  if (!corners.empty()) {
    body_ += fmt::format("<path d=\"{}Z\"{}/>", path, fill);
    return;
  }
  const std::vector<std::pair<double, double>> ends = strokes_of(shape);
  for (std::size_t i = 0; i < ends.size(); ++i)
    path += (i % 2 == 0 ? "M" : "L") + mm(x + ends[i].first * size) + " " +
            mm(y + ends[i].second * size);
  body_ += fmt::format("<path d=\"{}\" stroke-width=\"{}\"/>", path, hollow ? "0.25" : "0.6");
}

void Svg::text(double x, double y, const std::string& text, const TextLook& look) {
  const std::string turn =
      look.upright ? fmt::format(" transform=\"rotate(-90 {} {})\"", mm(x), mm(y)) : "";
  body_ += fmt::format("<text x=\"{}\" y=\"{}\" stroke=\"none\"{}{}>{}</text>", mm(x), mm(y), turn,
                       look_attributes(look), escape_html(text));
}

std::string Svg::str() const { return head_ + body_ + "</svg>\n"; }

}  // namespace nf
