#include "eval/experiment/reference_page.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "core/io/atomic_file.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

/// The committed file must be what the tables say; NOISEFLOOR_REGENERATE=1 rewrites it.
void expect_committed(const std::string& file, const std::string& generated) {
  const std::filesystem::path path = std::filesystem::path(NF_SOURCE_DIR) / "docs" / file;
  if (std::getenv("NOISEFLOOR_REGENERATE") != nullptr) write_file_atomically(path, generated);
  EXPECT_EQ(read_text_file(path), generated)
      << "docs/" << file << " is out of date; run this test with NOISEFLOOR_REGENERATE=1";
}

TEST(ReferencePage, IsWhatIsCommitted) {
  expect_committed("experiment.md", experiment_page(*Kinds::builtin()));
}

TEST(ReferencePage, SchemaIsWhatIsCommitted) {
  expect_committed("experiment.schema.json", experiment_schema(*Kinds::builtin()));
}

TEST(ReferencePage, NamesEveryKind) {
  const KindsPtr kinds = Kinds::builtin();
  const std::string page = experiment_page(*kinds);
  for (const NoiseKind& kind : kinds->noises.kinds())
    EXPECT_NE(page.find("`noise: " + kind.name + "`"), std::string::npos) << kind.name;
}

}  // namespace
}  // namespace nf
