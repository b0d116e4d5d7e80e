#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/io/read_file.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

/// The Python of docs/plotting.md.
std::string example() {
  const std::string page = read_text_file(std::string(NF_SOURCE_DIR) + "/docs/plotting.md");
  const std::string opening = "```python\n";
  const std::size_t begin = page.find(opening) + opening.size();
  return page.substr(begin, page.find("```", begin) - begin);
}

bool has_python() {
  return std::system("python3 -c 'import pandas, matplotlib' > /dev/null 2>&1") == 0;
}

TEST(IntegrationPlotting, TheExampleOfTheDocsDraws) {
  if (!has_python()) GTEST_SKIP() << "needs python3-pandas and python3-matplotlib";
  const ExperimentFiles files;
  files.write_experiment(
      "  - {name: noise, repeat: 2, sweep: {r: [0.1, 0.3]}, perturb: [{sites: {tensor: weight}, "
      "noise: gaussian, strength: {relative_l2: \"${r}\"}}]}\n"
      "  - {name: w3, quantize: [W3]}\n");
  ASSERT_EQ(run_program({"run", "e.yaml", "--out", "r", "--quiet", "--set", "data.windows=12"},
                        files.dir())
                .exit_code,
            0);
  std::ofstream(files / "plot.py")
      << "import matplotlib\nmatplotlib.use('Agg')\nrun = 'r'\n" + example();
  const std::string command = "cd '" + files.dir().string() + "' && python3 plot.py > out.txt 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << read_text_file(files / "out.txt");
  EXPECT_GT(std::filesystem::file_size(files / "r" / "kl.pdf"), 1000u);
}

TEST(Plotting, TheExampleHasTenLines) {
  const std::string text = example();
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 10);
}

}  // namespace
}  // namespace nf
