#include "tests/fuzz/fuzz.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace nf {
namespace {

constexpr std::string_view kNextFile = "\n%%%%\n";

std::vector<std::string> words;

/// Undoes the escapes of a dictionary: a backslash before itself, before a quote, or before xAB.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
    } else if (text.substr(i + 1, 1) == "x") {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
      i += 3;
    } else {
      out += text[++i];
    }
  }
  return out;
}

void read_dictionary(const std::string& path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t begin = line.find('"');
    const std::size_t end = line.rfind('"');
    if (line.starts_with('#') || begin >= end) continue;
    words.push_back(unescaped(std::string_view(line).substr(begin + 1, end - begin - 1)));
  }
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) report_finding("cannot write " + path.string());
}

}  // namespace

void report_finding(const std::string& text) {
  std::fprintf(stderr, "FINDING: %s\n", text.c_str());
  std::abort();
}

const std::vector<std::string>& fuzz_words() { return words; }

const std::filesystem::path& fuzz_folder() {
  static const TempDir folder;
  return folder.path();
}

std::filesystem::path write_input(const std::string& name, std::string_view bytes) {
  std::filesystem::path path = fuzz_folder() / name;
  write_file(path, bytes);
  return path;
}

void write_or_remove_input(const std::string& name, std::string_view bytes) {
  if (!bytes.empty()) {
    write_input(name, bytes);
    return;
  }
  std::error_code ignored;
  std::filesystem::remove(fuzz_folder() / name, ignored);
}

std::vector<std::string_view> split_input(std::string_view input, std::size_t count) {
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < count) {
    const std::size_t at = input.find(kNextFile);
    if (at == std::string_view::npos) break;
    parts.push_back(input.substr(0, at));
    input.remove_prefix(at + kNextFile.size());
  }
  parts.push_back(input);
  parts.resize(count);
  return parts;
}

std::string join_input(const std::vector<std::string>& parts) {
  std::string input;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) input += kNextFile;
    input += parts[i];
  }
  return input;
}

}  // namespace nf

/// libFuzzer calls it before anything else.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view kDictionary = "-dict=";
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument = (*argv)[i];
    if (argument.starts_with(kDictionary))
      nf::read_dictionary(std::string(argument.substr(kDictionary.size())));
  }
  if (const char* const folder = std::getenv("NOISEFLOOR_FUZZ_SEEDS")) {
    nf::make_seeds([folder](const std::string& name, const std::string& bytes) {
      nf::write_file(std::filesystem::path(folder) / name, bytes);
    });
    std::exit(0);
  }
  return 0;
}
