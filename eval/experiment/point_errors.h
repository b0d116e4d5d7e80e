#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/config/config_errors.h"

namespace nf {

/// The mistakes of a sweep, found point by point and told together: the same mistake of several
/// points is one line that says at how many of them it stands, and so are mistakes at one place
/// that differ in a word or two, as the swept values do. Not thread-safe.
class PointErrors {
 public:
  /// tree: what is read at every point, where its mistakes have their places.
  explicit PointErrors(const ConfigNode& tree) : tree_(tree) {}

  /// Mistakes found at a point; an equal name is the same point.
  void add(const std::string& point, const ConfigErrors& found);
  /// Adds them to the mistakes of the file.
  void tell(ConfigErrors& errors) const;

 private:
  /// Lines, each in its words, that are one mistake: of the first are all words, of the others
  /// those that differ.
  struct Mistake {
    ConfigPlace place;
    std::vector<std::string> words;
    std::set<std::vector<std::string>> lines;
    std::set<std::string> points;

    bool has_line(const std::vector<std::string>& line) const { return lines.contains(line); }
    /// Whether the line says the same but for values.
    bool is_like(const std::vector<std::string>& line) const;
    std::string text(std::size_t all_points) const;
  };
  void add_line(const std::string& point, const std::string& line);

  ConfigNode tree_;
  std::set<std::string> points_;
  std::vector<Mistake> mistakes_;
};

}  // namespace nf
