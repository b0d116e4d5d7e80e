#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <new>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/suggest.h"
#include "core/base/version.h"
#include "core/ops/gemm.h"
#include "eval/cli/command.h"

namespace nf {
namespace {

void print_help() {
  fmt::print(
      "usage: noisefloor COMMAND [options]\n\n"
      "Injects noise and quantizers into a language model's weights and activations and measures "
      "what it "
      "costs.\n\n");
  for (const Command& command : commands())
    fmt::print("  {:<12}{}\n", command.name, command.summary);
  fmt::print(
      "\n'noisefloor COMMAND --help' explains a command; docs/experiment.md every key of an "
      "experiment.\n");
}

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    print_help();
    return static_cast<int>(ExitCode::config);
  }
  if (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    print_help();
    return 0;
  }
  if (arguments[0] == "--version") {
    fmt::print("noisefloor {} ({}), {}\n", version(), git_hash(), gemm_library());
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (command.name == arguments[0])
      return command.run({std::next(arguments.begin()), arguments.end()}, Kinds::builtin());
    names.push_back(command.name);
  }
  throw ConfigError(
      fmt::format("unknown command '{}'{}", arguments[0], suggestion(arguments[0], names)));
}

/// "error: " before each line: several mistakes in one file are several errors.
void print_error(std::string_view message) {
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    fmt::print(stderr, "error: {}\n", message.substr(0, end));
    message.remove_prefix(std::min(end + 1, message.size()));
  }
}

}  // namespace
}  // namespace nf

int main(int argc, char** argv) {
  try {
    const int code = nf::dispatch({argv + 1, argv + argc});
    if (std::fflush(stdout) != 0) throw nf::DataError("standard output: cannot be written");
    return code;
  } catch (const nf::Error& error) {
    nf::print_error(error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::filesystem::filesystem_error& error) {
    nf::print_error(error.what());
    return static_cast<int>(nf::ExitCode::data);
  } catch (const std::bad_alloc&) {
    nf::print_error(
        "out of memory; fewer trials at once, fewer windows or a smaller context need less");
    return static_cast<int>(nf::ExitCode::data);
  } catch (const std::exception& error) {
    nf::print_error(fmt::format("internal error, please report it: {}", error.what()));
    return static_cast<int>(nf::ExitCode::internal);
  }
}
