#include "tests/support/run_program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace nf {
namespace {

int nameless_file() {
  std::string name = (std::filesystem::temp_directory_path() / "nf-output-XXXXXX").string();
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) throw std::runtime_error("cannot make " + name);
  ::unlink(name.c_str());
  return file;
}

std::string read_and_close(int& file) {
  std::string text;
  char buffer[4096];
  ::lseek(file, 0, SEEK_SET);
  for (ssize_t n = 0; (n = ::read(file, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  ::close(file);
  file = -1;
  return text;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// The environment of a test, in which the caller's own cache is neither read nor written.
std::vector<std::string> with_defaults(std::vector<std::string> environment) {
  const auto is_cache = [](const std::string& each) { return each.starts_with("XDG_CACHE_HOME="); };
  if (std::none_of(environment.begin(), environment.end(), is_cache))
    environment.emplace_back("XDG_CACHE_HOME=/dev/null");
  return environment;
}

std::vector<std::string> program_words(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {NF_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace

RunningProgram::RunningProgram(const std::vector<std::string>& arguments,
                               const std::filesystem::path& dir,
                               const std::vector<std::string>& environment)
    : RunningProgram(program_words(arguments), environment, dir) {}

RunningProgram RunningProgram::shell(const std::string& line, const std::filesystem::path& dir) {
  return RunningProgram(std::vector<std::string>{"/bin/sh", "-c", line}, {"NF=" NF_PROGRAM}, dir);
}

RunningProgram::RunningProgram(std::vector<std::string> words,
                               const std::vector<std::string>& given_environment,
                               const std::filesystem::path& dir) {
  const std::vector<std::string> environment = with_defaults(given_environment);
  // Everything is made ready before fork(): behind it only what is safe in a child of threads.
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string known = *variable;
    bool replaced = false;
    for (const std::string& added : environment)
      replaced = replaced || known.starts_with(added.substr(0, added.find('=') + 1));
    if (!replaced) variables.push_back(known);
  }
  variables.insert(variables.end(), environment.begin(), environment.end());
  std::vector<char*> argv = pointers(words);
  std::vector<char*> envp = pointers(variables);
  out_ = nameless_file();
  err_ = nameless_file();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ > 0) return;
  ::signal(SIGINT, SIG_DFL);  // a shell starts background jobs with it ignored
  const bool ready = ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO) >= 0 &&
                     ::dup2(out_, STDOUT_FILENO) >= 0 && ::dup2(err_, STDERR_FILENO) >= 0 &&
                     (dir.empty() || ::chdir(dir.c_str()) == 0);
  if (ready) ::execve(argv[0], argv.data(), envp.data());
  ::_exit(127);
}

RunningProgram::~RunningProgram() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

void RunningProgram::send(int signal) const { ::kill(pid_, signal); }

ProgramResult RunningProgram::wait() {
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) throw std::runtime_error("cannot wait for the program");
  pid_ = -1;
  ProgramResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = read_and_close(out_);
  result.err = read_and_close(err_);
  return result;
}

ProgramResult run_shell(const std::string& line, const std::filesystem::path& dir) {
  return RunningProgram::shell(line, dir).wait();
}

ProgramResult run_program(const std::vector<std::string>& arguments,
                          const std::filesystem::path& dir,
                          const std::vector<std::string>& environment) {
  return RunningProgram(arguments, dir, environment).wait();
}

}  // namespace nf
