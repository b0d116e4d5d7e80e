#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nf {

/// The rows of a query on a database file, each value as SQLite writes it as text (17 digits for a
/// REAL would be lost there: ask for them with printf in the query), "NULL" for none. Throws
/// std::runtime_error with SQLite's message.
std::vector<std::vector<std::string>> sqlite_query(const std::filesystem::path& file,
                                                   const std::string& query);

/// The one number a query gives, as it is.
double sqlite_number(const std::filesystem::path& file, const std::string& query);

}  // namespace nf
