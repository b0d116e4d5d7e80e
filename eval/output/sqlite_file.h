#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/io/atomic_file.h"

struct sqlite3;
struct sqlite3_stmt;

namespace nf {

/// A value of a field: NULL, INTEGER, REAL or TEXT.
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string>;

/// A new SQLite database, which appears under its name only when it is complete (AtomicFile).
/// Every failure is a DataError naming the file. Not thread-safe.
class SqliteFile {
 public:
  explicit SqliteFile(const std::filesystem::path& path);
  ~SqliteFile();
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  /// One or more statements without parameters.
  void execute(const std::string& statements);
  /// Makes the file appear. Inserts must have ended; nothing may be written afterwards.
  void commit();

 private:
  friend class SqliteInsert;

  [[noreturn]] void fail() const;

  AtomicFile file_;
  std::string name_;
  sqlite3* database_ = nullptr;
};

/// Inserts rows into one table of a database, which must outlive it.
class SqliteInsert {
 public:
  SqliteInsert(SqliteFile& file, const std::string& table, int columns);
  ~SqliteInsert();
  SqliteInsert(const SqliteInsert&) = delete;
  SqliteInsert& operator=(const SqliteInsert&) = delete;

  /// Adds as many values as there are columns. Not a number becomes NULL, as SQLite has none.
  void row(const std::vector<SqlValue>& values);

 private:
  SqliteFile& file_;
  sqlite3_stmt* statement_ = nullptr;
  int columns_;
};

/// A name or text as it stands in a statement: "name", 'text'.
std::string sql_name(const std::string& name);
std::string sql_text(const std::string& text);

/// The number that a database's maker has left in its head (PRAGMA application_id); 0 for a file
/// that is no SQLite database. DataError where the file cannot be read.
std::uint32_t sqlite_application_id(const std::filesystem::path& path);

}  // namespace nf
