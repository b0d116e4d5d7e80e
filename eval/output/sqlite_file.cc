#include "eval/output/sqlite_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <string_view>

#include "core/base/check.h"
#include "core/base/error.h"

namespace nf {
namespace {

std::string quoted(const std::string& text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result + quote;
}

int bind(sqlite3_stmt* statement, int column, const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return sqlite3_bind_int64(statement, column, *integer);
  if (const auto* real = std::get_if<double>(&value))
    return sqlite3_bind_double(statement, column, *real);
  if (const auto* text = std::get_if<std::string>(&value))
    return sqlite3_bind_text64(statement, column, text->data(), text->size(), nullptr, SQLITE_UTF8);
  return sqlite3_bind_null(statement, column);
}

}  // namespace

SqliteFile::SqliteFile(const std::filesystem::path& path) : file_(path), name_(path.string()) {
  if (sqlite3_open_v2(file_.temporary().c_str(), &database_, SQLITE_OPEN_READWRITE, nullptr) !=
      SQLITE_OK)
    fail();
  // The file is nobody's before commit(), so it needs neither a way back nor a sync of its own.
  execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;");
}

SqliteFile::~SqliteFile() { sqlite3_close_v2(database_); }

void SqliteFile::execute(const std::string& statements) {
  if (sqlite3_exec(database_, statements.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

void SqliteFile::commit() {
  execute("COMMIT;");
  if (sqlite3_close(database_) != SQLITE_OK) fail();
  database_ = nullptr;
  file_.commit();
}

void SqliteFile::fail() const {
  throw DataError(fmt::format("{}: cannot write: {}", name_, sqlite3_errmsg(database_)));
}

SqliteInsert::SqliteInsert(SqliteFile& file, const std::string& table, int columns)
    : file_(file), columns_(columns) {
  std::string statement = "INSERT INTO " + sql_name(table) + " VALUES (?";
  for (int i = 1; i < columns; ++i) statement += ", ?";
  statement += ")";
  if (sqlite3_prepare_v2(file.database_, statement.c_str(), -1, &statement_, nullptr) != SQLITE_OK)
    file.fail();
}

SqliteInsert::~SqliteInsert() { sqlite3_finalize(statement_); }

void SqliteInsert::row(const std::vector<SqlValue>& values) {
  NF_CHECK(std::ssize(values) == columns_, "{} values for {} columns", values.size(), columns_);
  int column = 0;
  for (const SqlValue& value : values)
    if (bind(statement_, ++column, value) != SQLITE_OK) file_.fail();
  if (sqlite3_step(statement_) != SQLITE_DONE || sqlite3_reset(statement_) != SQLITE_OK)
    file_.fail();
}

std::string sql_name(const std::string& name) { return quoted(name, '"'); }
std::string sql_text(const std::string& text) { return quoted(text, '\''); }

std::uint32_t sqlite_application_id(const std::filesystem::path& path) {
  // https://www.sqlite.org/fileformat.html, 1.3: the magic text, and a big-endian number at 68.
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  constexpr std::size_t kId = 68, kHead = 72;
  std::array<std::byte, kHead> head{};
  PosixFile file(path, O_RDONLY);
  if (file.read_at(0, head) < static_cast<Index>(kHead)) return 0;
  for (std::size_t i = 0; i < kMagic.size(); ++i)
    if (head[i] != static_cast<std::byte>(kMagic[i])) return 0;
  std::uint32_t id = 0;
  for (std::size_t i = kId; i < kHead; ++i) id = id << 8 | std::to_integer<std::uint32_t>(head[i]);
  return id;
}

}  // namespace nf
