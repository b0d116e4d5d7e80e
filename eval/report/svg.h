#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nf {

/// The look of a line or an outline; mm.
struct Stroke {
  double width = 0.25;
  std::string dash{};  ///< "1 1"
  double opacity = 1.0;
};

enum class Anchor { start, middle, end };

/// The look of a text.
struct TextLook {
  Anchor anchor = Anchor::start;
  double size = 2.6;  ///< mm
  bool bold = false;
  bool upright = false;  ///< turned by 90°, read from below
  double opacity = 1.0;
  std::string color{};  ///< "#rrggbb"; empty: that of the group
};

/// Shapes by which series differ besides their colours.
enum class Shape { circle, square, diamond, triangle, down, cross, plus, star };

/// Series differ in colour and shape, both in a fixed order; beyond eight they repeat.
inline constexpr int kSeriesLooks = 8;
Shape series_shape(int series);
/// "#0072b2": colours that colour-blind readers tell apart (Okabe and Ito 2008), on white and on
/// black.
std::string series_color(int series);

/// Letters of a text as wide as this on average; mm.
double text_width(const std::string& text, double size);
/// A text cut in its middle to that width; mm.
std::string fitting_text(const std::string& text, double width, double size);
/// The same of all labels of a figure, cut where as many of them as can be stay different.
std::vector<std::string> fitting_texts(const std::vector<std::string>& texts, double width,
                                       double size);

/// A picture made of lines, shapes and texts, in mm from its upper left corner. Black is the
/// reader's colour of text (currentColor), so that it suits light and dark pages; texts stay text.
class Svg {
 public:
  Svg(double width, double height, const std::string& title, const std::string& description);

  /// Everything until close() has the colour of a series, or the text's.
  void open_series(int series);
  void open_plain();
  void close();
  /// Everything until close() shows `value` under the pointer.
  void open_value(const std::string& value);

  void line(double x1, double y1, double x2, double y2, const Stroke& stroke = {});
  void polyline(const std::vector<std::pair<double, double>>& points, const Stroke& stroke);
  /// A filled rectangle.
  void rect(double x, double y, double width, double height, double opacity = 1.0);
  /// A rectangle of a colour of its own, "#rrggbb".
  void cell(double x, double y, double width, double height, const std::string& color);
  /// Slanting lines over a rectangle: not resolved.
  void hatch(double x, double y, double width, double height, const std::string& color);
  void marker(Shape shape, double x, double y, double size, bool hollow = false);
  void text(double x, double y, const std::string& text, const TextLook& look = {});

  /// The whole picture.
  std::string str() const;

 private:
  std::string body_, head_;
};

}  // namespace nf
