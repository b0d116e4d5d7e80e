#include "tests/support/sqlite_query.h"

#include <sqlite3.h>

#include <memory>
#include <stdexcept>

namespace nf {
namespace {

struct Query {
  Query(const std::filesystem::path& file, const std::string& text) {
    if (sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK ||
        sqlite3_prepare_v2(database, text.c_str(), -1, &statement, nullptr) != SQLITE_OK)
      fail();
  }
  ~Query() {
    sqlite3_finalize(statement);
    sqlite3_close(database);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  bool next() {
    const int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail();
    return code == SQLITE_ROW;
  }
  [[noreturn]] void fail() const { throw std::runtime_error(sqlite3_errmsg(database)); }

  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
};

}  // namespace

std::vector<std::vector<std::string>> sqlite_query(const std::filesystem::path& file,
                                                   const std::string& text) {
  Query query(file, text);
  std::vector<std::vector<std::string>> rows;
  while (query.next()) {
    rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(query.statement); ++i) {
      const unsigned char* const value = sqlite3_column_text(query.statement, i);
      rows.back().push_back(
          value == nullptr ? "NULL"
                           : std::string(value, value + sqlite3_column_bytes(query.statement, i)));
    }
  }
  return rows;
}

double sqlite_number(const std::filesystem::path& file, const std::string& text) {
  Query query(file, text);
  if (!query.next()) throw std::runtime_error("no row: " + text);
  return sqlite3_column_double(query.statement, 0);
}

}  // namespace nf
