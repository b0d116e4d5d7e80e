#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"

namespace nf {

/// `text` changed by LLVMFuzzerMutate, at most 32 bytes longer.
std::string mutate_bytes(std::string text);

/// Writes a changed input to `data`. One that does not fit is given up: the old one is changed byte
/// by byte. Returns its size.
std::size_t replace_input(const std::string& input, std::uint8_t* data, std::size_t size,
                          std::size_t most);

/// Changes that keep JSON what it is, where changed bytes would end at the parser: a number by one,
/// to a power of two, to a limit; a text by libFuzzer's own means or to another one of the document
/// or of a dictionary; values exchanged, dropped, doubled.
class JsonMutator {
 public:
  /// `words`: texts that mean something to the reader.
  JsonMutator(std::uint32_t seed, std::span<const std::string> words)
      : state_(seed | 1U), words_(words) {}

  /// Makes one to four changes.
  void mutate(Json& root);
  /// The same on a text; one that is no JSON is left as it is. Whether it was one.
  bool mutate(std::string& text);

  std::size_t below(std::size_t count);

 private:
  void collect(Json& value);
  void change(Json& value);
  void change_number(Json& value);
  void change_text(Json& value);
  void change_list(Json& value);
  void change_object(Json& value);

  std::uint64_t state_;
  std::span<const std::string> words_;
  std::vector<Json*> nodes_;
};

/// An input of `count` files (split_input), one of them changed, as JSON where it is some: a line
/// where it has several. `change`, where it is given, is asked before, with the number of the file.
std::size_t mutate_parts(JsonMutator& mutator, std::size_t count, std::uint8_t* data,
                         std::size_t size, std::size_t most,
                         const std::function<bool(std::size_t part, std::string&)>& change = {});

}  // namespace nf
