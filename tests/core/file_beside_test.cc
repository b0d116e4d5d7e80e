#include "core/io/file_beside.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

/// Threads of one process have equal process ids, as processes of several containers may have.
TEST(FileBeside, GetsANameOfItsOwnWhereProcessIdsAreEqual) {
  const TempDir temp;
  constexpr std::size_t kThreads = 8, kFiles = 50;
  std::vector<std::vector<std::string>> names(kThreads);
  std::atomic<std::size_t> ready = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      ++ready;
      while (ready < kThreads) {
      }
      for (std::size_t i = 0; i < kFiles; ++i) {
        std::filesystem::path name;
        EXPECT_NO_THROW(create_beside(temp / "f", name));
        names[t].push_back(name.string());
      }
    });
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> distinct;
  for (const auto& all : names) distinct.insert(all.begin(), all.end());
  EXPECT_EQ(distinct.size(), kThreads * kFiles);
}

TEST(FileBeside, OfAFolderThatIsNotThereIsAnErrorOfTheFile) {
  const TempDir temp;
  std::filesystem::path name;
  try {
    create_beside(temp / "no/such", name);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(std::string(error.what()),
              (temp / "no/such").string() + ": cannot create: No such file or directory");
  }
}

}  // namespace
}  // namespace nf
