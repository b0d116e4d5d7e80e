#include "core/io/exclusive_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

TEST(ExclusiveFile, IsMadeByOneOfMany) {
  const TempDir temp;
  constexpr int kThreads = 8, kFiles = 20;
  std::vector<std::vector<int>> made(kThreads, std::vector<int>(kFiles));
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kFiles; ++i)
        made[t][static_cast<std::size_t>(i)] =
            create_exclusively(temp / std::to_string(i), "thread " + std::to_string(t));
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < kFiles; ++i) {
    int makers = 0;
    std::string text;
    for (std::size_t t = 0; t < kThreads; ++t)
      if (made[t][i] != 0) {
        ++makers;
        text = "thread " + std::to_string(t);
      }
    EXPECT_EQ(makers, 1);
    EXPECT_EQ(read_text_file(temp / std::to_string(i)), text);
  }
  // Nothing temporary is left.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(temp.path()),
                          std::filesystem::directory_iterator()),
            kFiles);
}

TEST(ExclusiveFile, IsAwaitedWhereItIsHalf) {
  const TempDir temp;
  std::ofstream file(temp / "half");
  file << "{\n {}\n" << std::flush;
  std::thread writer([&file] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    file << "}\n" << std::flush;
  });
  EXPECT_TRUE(is_written(temp / "half", "\n}\n"));
  EXPECT_EQ(read_text_file(temp / "half"), "{\n {}\n}\n");
  writer.join();
}

TEST(ExclusiveFile, IsNotAwaitedForEver) {
  const TempDir temp;
  std::ofstream(temp / "half") << "{\n {}\n";
  EXPECT_FALSE(is_written(temp / "half", "\n}\n"));
  EXPECT_THROW(is_written(temp / "none", ""), DataError);
}

TEST(ExclusiveFile, OfAFolderThatIsNotThereIsAnError) {
  const TempDir temp;
  EXPECT_THROW(create_exclusively(temp / "no/such", ""), DataError);
}

}  // namespace
}  // namespace nf
