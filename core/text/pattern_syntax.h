#pragma once

#include <string>
#include <string_view>

namespace nf {

/// The inside of a character class that holds exactly the code points with the Unicode property
/// White_Space: what \s means in a tokenizer.json. PCRE2's own \s has U+180E too.
inline constexpr std::string_view kWhiteSpaceClass =
    "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{"
    "205f}"
    "\\x{3000}";

/// Rewrites a pattern of a tokenizer.json (Oniguruma, Ruby syntax) so that PCRE2 with UTF, UCP and
/// MULTILINE finds the same matches:
/// - \s \S \w \W \h \H \v \b \B \uHHHH and POSIX classes become what they mean to Oniguruma;
/// - a class inside a class, [a[bc]], adds its characters to the outer one;
/// - a{n,m}+ repeats the interval (it is possessive in PCRE2), a{n}? makes it optional, a{,m}
/// starts at 0;
/// - an option in the middle, a(?i)b|c, reaches to the end of its group over the |.
///
/// Syntax that is not known to mean the same (negated classes in a class, &&, named groups, other
/// options) is refused: throws DataError "PLACE: pattern '...': byte N: cause". Plainly malformed
/// patterns are left to their compiler to refuse. `pattern` must be well-formed UTF-8.
std::string to_pcre2_syntax(std::string_view pattern, const std::string& place);

}  // namespace nf
