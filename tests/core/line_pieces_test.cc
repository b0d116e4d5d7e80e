#include "core/io/line_pieces.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text, Index piece) {
  const TempDir dir;
  std::ofstream(dir.path() / "lines", std::ios::binary) << text;
  LinePieces pieces(dir.path() / "lines", piece);
  Lines lines;
  for (;;) {
    const std::vector<std::string_view>& next = pieces.next();
    if (next.empty()) return lines;
    lines.insert(lines.end(), next.begin(), next.end());
  }
}

TEST(LinePieces, AreTheSameLinesHoweverTheyAreCut) {
  const std::string text = "first\n\nthird, which is longer than all others\n4\n";
  for (Index piece = 1; piece <= std::ssize(text) + 1; ++piece)
    EXPECT_EQ(lines_of(text, piece),
              (Lines{"first", "", "third, which is longer than all others", "4"}))
        << piece;
}

TEST(LinePieces, PassesOverATornLastLine) {
  for (const Index piece : {1, 3, 100}) {
    EXPECT_EQ(lines_of("whole\ntorn", piece), Lines{"whole"});
    EXPECT_EQ(lines_of("torn", piece), Lines());
    EXPECT_EQ(lines_of("", piece), Lines());
  }
}

TEST(LinePieces, NamesAFileThatIsNotThere) { EXPECT_THROW(LinePieces("/no/such/file"), DataError); }

}  // namespace
}  // namespace nf
