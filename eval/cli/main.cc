#include <fmt/format.h>

#include <algorithm>
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
#include "eval/cli/process_edges.h"
#include "eval/cli/stop_signal.h"
#include "eval/output/standard_streams.h"

namespace nf {
namespace {

void print_help() {
  print_out(
      "usage: noisefloor COMMAND [options]\n\n"
      "Injects noise and quantizers into a language model's weights and activations and measures "
      "what it "
      "costs.\n\n");
  for (const Command& command : commands())
    if (!command.is_hidden) print_out("  {:<12}{}\n", command.name, command.summary);
  print_out(
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
    print_out("noisefloor {} ({}), {}\n", version(), git_hash(), gemm_library());
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (command.name == arguments[0])
      return command.run({std::next(arguments.begin()), arguments.end()}, Kinds::builtin());
    if (!command.is_hidden) names.push_back(command.name);
  }
  throw ConfigError(
      fmt::format("unknown command '{}'{}", arguments[0], suggestion(arguments[0], names)));
}

/// "error: " before each line: several mistakes in one file are several errors.
void print_error(std::string_view message) {
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    print_err("error: {}\n", message.substr(0, end));
    message.remove_prefix(std::min(end + 1, message.size()));
  }
}

}  // namespace
}  // namespace nf

int main(int argc, char** argv) {
  nf::open_standard_descriptors();
  nf::ignore_write_signals();
  nf::catch_bus_errors();
  nf::end_at_stop_signals();
  try {
    const int code = nf::dispatch({argv + 1, argv + argc});
    nf::flush_out();
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
