#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nf {

/// The known name nearest to `name` by edit distance, or an empty string when none is near enough
/// to be meant.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

/// "; did you mean 'x'?" (or "'x' or 'y'" where they are equally near), or an empty string. Near
/// are names that differ by a typing mistake or by case, and those that share whole words with
/// `name`, as snr_db does with snr and channel with per_channel. The opposite of a name, such as
/// nonuniform, is never near. For words that a person has chosen; shared words say nothing of those
/// in a file.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

/// "; did you mean 'x'?" by typing mistakes alone or, with nothing near, "; known: a, b, c". For
/// the end of an error message.
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace nf
