#pragma once

/// The ground of all fuzz targets: files for readers that take a path, and the rule by which an
/// input counts as a finding.

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

extern "C" {
/// What each target defines: reads one input. libFuzzer calls it.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// What a target may define: changes an input in place, to at most `most` bytes; the new size.
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                    unsigned seed);
/// libFuzzer's own changes of bytes, likewise.
std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
}

/// A promise of the reader that an input broke: a finding, as a crash is.
#define NF_FUZZ_CHECK(condition, ...)                                                          \
  do {                                                                                         \
    if (!(condition)) [[unlikely]]                                                             \
      ::nf::report_finding(::fmt::format("{}:{}: {}: {}", __FILE_NAME__, __LINE__, #condition, \
                                         ::fmt::format(__VA_ARGS__)));                         \
  } while (false)

namespace nf {

/// Ends the process as a crash does.
[[noreturn]] void report_finding(const std::string& text);

/// What each target defines: the inputs that fuzzing begins with, made of the repository's own
/// files and of what its tests write. They are saved in the folder that the environment variable
/// NOISEFLOOR_FUZZ_SEEDS names, and nothing is fuzzed then.
using SaveSeed = std::function<void(const std::string& name, const std::string& bytes)>;
void make_seeds(const SaveSeed& save);

/// The words of the dictionary that libFuzzer was given with -dict=FILE.
const std::vector<std::string>& fuzz_words();

/// Begins an input that is a recipe: the rest says how a file is made of which it is known what is
/// in it and whether the reader has to take it.
inline constexpr std::string_view kRecipe = "RECIPE\n";

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// The folder of the process. It lies where TMPDIR says, best in memory: each input becomes files.
const std::filesystem::path& fuzz_folder();
/// Writes a file there; returns its path.
std::filesystem::path write_input(const std::string& name, std::string_view bytes);
/// The same for a file that may be missing: an empty one is.
void write_or_remove_input(const std::string& name, std::string_view bytes);

/// The `count` files of an input that is several; those that it does not have are empty.
std::vector<std::string_view> split_input(std::string_view input, std::size_t count);
std::string join_input(const std::vector<std::string>& parts);

/// Whether `read` takes the input. A refusal is an Error with a message that names a place and
/// fits on a line; anything else that comes out of `read` ends the process.
template <class Read>
bool accepts(const Read& read) {
  try {
    read();
    return true;
  } catch (const ConfigError& error) {
    NF_FUZZ_CHECK(*error.what() != '\0', "a refusal without a word");
  } catch (const Error& error) {
    const std::string_view text = error.what();
    NF_FUZZ_CHECK(!text.empty() && text.find('\n') == std::string_view::npos,
                  "a message of several lines: {}", text);
  }
  return false;
}

}  // namespace nf
