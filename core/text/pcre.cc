#include "core/text/pcre.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <new>

#include "core/base/error.h"
#include "core/base/utf8.h"
#include "core/text/pattern_syntax.h"
#include "core/text/recent_characters.h"

namespace nf {
namespace {

// A group that repeats takes some bytes of stack for every repetition, and a text is one subject:
// room for about a million repetitions. Only what is used is ever touched.
constexpr std::size_t kJitStackStart = 32 * 1024;
constexpr std::size_t kJitStackLimit = 64 * 1024 * 1024;

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
template <class T, auto free_function>
using Owned = std::unique_ptr<T, Free<free_function>>;

/// The object that a PCRE2 constructor returned; throws std::bad_alloc where memory ran out.
template <class T>
T* checked(T* object) {
  if (object == nullptr) throw std::bad_alloc();
  return object;
}

std::string error_text(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return {buffer.begin(), std::find(buffer.begin(), buffer.end(), 0)};
}

PCRE2_SPTR bytes(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

}  // namespace

struct Regex::Compiled {
  std::string place;
  std::string pattern;
  Owned<pcre2_code, pcre2_code_free> code;
};

Regex::Regex(std::string_view pattern, const std::string& place) {
  const std::string rewritten = to_pcre2_syntax(pattern, place);
  const Owned<pcre2_compile_context, pcre2_compile_context_free> context(
      checked(pcre2_compile_context_create(nullptr)));
  // '.', '^' and '$' know one line end, whatever the library was built with.
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  Owned<pcre2_code, pcre2_code_free> code(
      pcre2_compile(bytes(rewritten), rewritten.size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error,
                    &offset, context.get()));
  if (code == nullptr) {
    throw DataError(fmt::format("{}: pattern '{}': {} (byte {} of '{}')", place, pattern,
                                error_text(error), offset, rewritten));
  }
  // Without JIT (not built in, or forbidden by the system) the interpreter finds the same matches.
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
  compiled_ =
      std::make_unique<const Compiled>(Compiled{place, std::string(pattern), std::move(code)});
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

struct RegexSearch::State {
  Owned<pcre2_match_data, pcre2_match_data_free> match;
  Owned<pcre2_match_context, pcre2_match_context_free> context;
  Owned<pcre2_jit_stack, pcre2_jit_stack_free> stack;
};

RegexSearch::RegexSearch(const Regex& regex, std::string_view text)
    : regex_(regex), text_(with_stand_ins(text, storage_)), state_(std::make_unique<State>()) {
  state_->match.reset(
      checked(pcre2_match_data_create_from_pattern(regex.compiled_->code.get(), nullptr)));
  state_->context.reset(checked(pcre2_match_context_create(nullptr)));
  // Null when the library has no JIT, which is then not used either.
  state_->stack.reset(pcre2_jit_stack_create(kJitStackStart, kJitStackLimit, nullptr));
  pcre2_jit_stack_assign(state_->context.get(), nullptr, state_->stack.get());
}

RegexSearch::~RegexSearch() = default;

std::optional<Match> RegexSearch::find(std::string_view subject, Index from) {
  const int result = pcre2_match(regex_.compiled_->code.get(), bytes(subject), subject.size(),
                                 static_cast<PCRE2_SIZE>(from), PCRE2_NO_UTF_CHECK,
                                 state_->match.get(), state_->context.get());
  if (result == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (result < 0) {
    throw DataError(fmt::format("{}: pattern '{}': the search from byte {} on failed: {}",
                                regex_.compiled_->place, regex_.compiled_->pattern,
                                subject.data() - text_.data() + from, error_text(result)));
  }
  const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(state_->match.get());
  return Match{static_cast<Index>(offsets[0]), static_cast<Index>(offsets[1])};
}

void RegexSearch::find_all(Index begin, Index end, std::vector<Match>& matches) {
  matches.clear();
  const std::string_view subject =
      text_.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  const Index size = end - begin;
  for (Index from = 0; from <= size;) {
    const std::optional<Match> match = find(subject, from);
    if (!match) return;
    const Match found{begin + match->begin, begin + match->end};
    if (found.begin == found.end && !matches.empty() && matches.back().end == found.end) {
      if (from == size) return;
      from += utf8_length(subject[static_cast<std::size_t>(from)]);
      continue;
    }
    matches.push_back(found);
    from = match->end;
  }
}

std::string escape_pattern(std::string_view text) {
  static constexpr std::string_view kSpecial = "\\^$.|?*+()[]{}";
  std::string pattern;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace nf
