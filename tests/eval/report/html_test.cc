#include "eval/report/html.h"

#include <gtest/gtest.h>

#include "tests/support/report_runs.h"

namespace nf {
namespace {

TEST(EscapeHtml, WritesOutWhateverMeansSomething) {
  EXPECT_EQ(escape_html("a<b>&\"'{"), "a&lt;b&gt;&amp;&quot;&#39;&#123;");
  EXPECT_EQ(escape_html("\u00e9 \U0001F600"), "\u00e9 \U0001F600");
}

TEST(EscapeHtml, ReplacesWhatIsNoText) {
  EXPECT_EQ(escape_html("a\x01z"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(escape_html("a\xFFz"), "a\xEF\xBF\xBDz");
}

TEST(HtmlFragment, TablesHaveHeadingsAndIsolateNames) {
  HtmlFragment html;
  html.table({.caption = "c", .columns = {"trial", "KL"}, .rows = {{"<w4>", "0.2"}}});
  EXPECT_TRUE(has(html.text(), "<th scope=\"row\"><bdi>&lt;w4&gt;</bdi></th>"));
  EXPECT_TRUE(has(html.text(), "<td class=\"n\">0.2</td>"));
}

}  // namespace
}  // namespace nf
