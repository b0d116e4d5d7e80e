#include "eval/report/without_paths.h"

#include <algorithm>

namespace nf {
namespace {

constexpr std::string_view kBefore = " \t\n'\"=[{(<,:>|";

bool begins_path(std::string_view text, std::size_t at) {
  if (text[at] != '/' && text[at] != '~') return false;
  if (at == 0) return true;
  const bool is_address = text.substr(at).starts_with("//") && text[at - 1] == ':' &&
                          !text.substr(0, at).ends_with("file:");
  return !is_address && kBefore.find(text[at - 1]) != std::string_view::npos;
}

/// Whether the path is all that a key or an item of YAML has for a value: blanks are then its own.
bool is_whole_value(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const std::size_t line = before.find_last_of('\n');
  const std::string_view start = line == std::string_view::npos ? before : before.substr(line + 1);
  return start.find('#') == std::string_view::npos &&
         (start.ends_with(": ") || start.ends_with("- "));
}

std::size_t end_of_path(std::string_view text, std::size_t at) {
  const char before = at == 0 ? ' ' : text[at - 1];
  if (before == '\'' || before == '"')
    return std::min(text.size(), text.find_first_of(std::string{before, '\n'}, at));
  if (!is_whole_value(text, at))
    return std::min(text.size(), text.find_first_of(" \t\n'\",:]})>#", at));
  return std::min(
      {text.size(), text.find_first_of("\n,]}", at), text.find(" #", at), text.find(": ", at)});
}

}  // namespace

std::string without_paths(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = begins_path(text, at) ? end_of_path(text, at) : at + 1;
    const std::string_view piece = text.substr(at, end - at);
    const std::size_t slash = piece.find_last_of('/');
    if (piece.size() > 1 && slash != std::string_view::npos)
      result.append("…").append(piece.substr(slash));
    else
      result.append(piece);
    at += std::max<std::size_t>(1, piece.size());
  }
  return result;
}

}  // namespace nf
