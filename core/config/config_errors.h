#pragma once

#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/config/config_node.h"

namespace nf {

/// Collects the mistakes of an experiment file, so that one look at it finds them all: a place in a
/// cluster's queue is too dear for one typing mistake at a time. Whoever reads a value adds an
/// error and goes on with a default value; the caller ends with throw_if_any(). Not thread-safe.
class ConfigErrors {
 public:
  static constexpr Index kMostShown = 10;  ///< the rest is counted: "... and N more"

  /// The line is `FILE:LINE:COL: key.path: cause`. `cause` is one line, begins in lower case, and
  /// ends with a suggestion where there is one (core/base/suggest.h). The same cause at the same
  /// place of a file is kept once: a trial expanded twenty times reports its mistake once, and so
  /// does a node that an alias brings to several paths.
  void add(const ConfigNode& node, const std::string& cause);
  /// Adds a mistake in a key: at the key's place, with the path of its mapping.
  void add(const ConfigPlace& place, const std::string& path, const std::string& cause);

  /// Later mistakes in the value that stands there are counted and not kept: its text, which holds
  /// an unknown variable, would be a second mistake wherever it is read as something.
  void mute(const ConfigNode& node);

  bool empty() const { return found_.empty(); }
  /// Mistakes added so far, equal lines counted each time. A count that stays the same shows that
  /// everything read in between was sound, even where its mistakes had been reported before.
  Index count() const { return added_; }

  /// The lines in the order of the file, at most kMostShown and "... and N more", joined by '\n'.
  std::string message() const;
  /// Throws ConfigError(message()) when there is anything to report.
  void throw_if_any() const;

 private:
  struct Found {
    ConfigPlace place;
    std::string line;
  };
  bool is_muted(const ConfigPlace& place) const;

  std::vector<Found> found_;
  std::vector<ConfigPlace> muted_;
  Index added_ = 0;
};

}  // namespace nf
