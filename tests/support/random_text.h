#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace nf {

/// Texts on which tokenizers disagree if they can: words and white space, what added tokens and
/// patterns look for, marks in every order, and characters from all over Unicode, assigned or not.
class RandomText {
 public:
  /// `words` are strewn in, besides a list of its own.
  RandomText(std::uint32_t seed, std::vector<std::string> words);

  std::string draw();
  std::size_t below(std::size_t count) { return random_() % count; }

 private:
  char32_t character();

  std::mt19937 random_;
  std::vector<std::string> words_;
};

}  // namespace nf
